"""Ten written-out citizens, before and after each reform: what their pages print.

Each is written as the case stands on the day of the page; every date is counted by hand
from the rules of data/deadlines.csv and the changes of data/reforms.csv.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from riskscreen.documents.pages.deadline_rows import build_case_deadlines
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.texts import DANISH
from riskscreen.rules.deadline_rules import read_shipped_rules
from riskscreen.rules.deadlines import Benefit, CaseFacts, find_deadlines
from riskscreen.rules.reforms import read_shipped_reforms
from riskscreen.spec import read_specification

MODELS = Path(__file__).parents[1] / "models"
SICK, WAITING, FLEX = "sygedagpenge", "ledighedsydelse", "fleksjob"
EMPLOYED = {"employed_at_intake": 1.0, "age_at_intake": 45.0}
UNEMPLOYED = {"employed_at_intake": 0.0, "age_at_intake": 45.0}
CHANGED = (
    "* Reglen blev ændret {}. Dette er den tidligste dato; spørg fagkoordinatoren."
)


@dataclass
class Citizen:
    """A case on the day of its page, and what the page prints."""

    target: str
    start: date
    seen_on: date
    columns: dict
    benefits: tuple = ()
    known_until: date | None = None
    law: tuple = ()
    targets: tuple = ()
    changed: str = ""


TEN = {
    "employed, before the reform": Citizen(
        "long_absence",
        start=date(2025, 9, 1),
        seen_on=date(2025, 9, 29),
        columns=EMPLOYED,
        known_until=date(2025, 9, 29),
        # The employer pays 30 days; 22 weeks from 1 October are full on 3 March.
        law=(
            ("første opfølgningssamtale", "26. oktober 2025"),
            ("revurdering af sygedagpengene", "tidligst 31. marts 2026"),
        ),
        targets=("1. december 2025", "2. marts 2026"),
    ),
    "unemployed, before the reform": Citizen(
        "long_absence",
        start=date(2025, 9, 1),
        seen_on=date(2025, 9, 29),
        columns=UNEMPLOYED,
        benefits=((SICK, date(2025, 9, 1), date(2025, 9, 29)),),
        known_until=date(2025, 9, 29),
        # Paid from the first day, and still: more than 22 weeks by February.
        law=(
            ("første opfølgningssamtale", "26. oktober 2025"),
            ("revurdering af sygedagpengene", "28. februar 2026"),
        ),
    ),
    "employed, across the reform of February 2026": Citizen(
        "long_absence",
        start=date(2025, 12, 15),
        seen_on=date(2026, 1, 12),
        columns=EMPLOYED,
        known_until=date(2026, 1, 12),
        law=(
            ("første opfølgningssamtale", "8. februar 2026"),
            ("revurdering af sygedagpengene", "tidligst 30. juni 2026"),
        ),
        targets=("16. marts 2026", "15. juni 2026"),
        changed=CHANGED.format("1. februar 2026").replace("blev ændret", "ændres"),
    ),
    "employed, after it, and only the employer expects a return": Citizen(
        "long_absence",
        start=date(2026, 3, 2),
        seen_on=date(2026, 3, 30),
        columns={**EMPLOYED, "return_expected_within_26_weeks": "employer_only"},
        known_until=date(2026, 3, 30),
        law=(
            ("første opfølgningssamtale", "26. april 2026"),
            ("revurdering af sygedagpengene", "tidligst 30. september 2026"),
        ),
        targets=("1. juni 2026", "31. august 2026"),
        changed=CHANGED.format("1. februar 2026"),
    ),
    "unemployed, after it, asked for an early talk": Citizen(
        "long_absence",
        start=date(2026, 3, 2),
        seen_on=date(2026, 3, 30),
        columns={**UNEMPLOYED, "early_follow_up_asked_after_days": 21.0},
        benefits=((SICK, date(2026, 3, 2), date(2026, 3, 30)),),
        known_until=date(2026, 3, 30),
        law=(
            ("tidlig opfølgning", "6. april 2026"),
            ("første opfølgningssamtale", "26. april 2026"),
            ("revurdering af sygedagpengene", "31. august 2026"),
        ),
        changed=CHANGED.format("1. februar 2026"),
    ),
    "partly back, twelve weeks of sickness the autumn before": Citizen(
        "long_absence",
        start=date(2026, 3, 2),
        seen_on=date(2026, 5, 4),
        columns={**EMPLOYED, "partly_working": 1.0},
        benefits=(
            (SICK, date(2025, 9, 29), date(2025, 12, 22)),
            (SICK, date(2026, 4, 1), date(2026, 5, 4)),  # reduced counts as full
        ),
        known_until=date(2026, 5, 4),
        # 84 days, and 71 more from 1 April: full on 10 June. The window of June begins
        # on 1 October: 82 of the 84, and 91 by 30 June.
        law=(
            ("første opfølgningssamtale", "26. april 2026"),
            ("revurdering af sygedagpengene", "30. juni 2026"),
        ),
        targets=("1. juni 2026", "31. august 2026"),
        changed=CHANGED.format("1. februar 2026"),
    ),
    "past pension age": Citizen(
        "long_absence",
        start=date(2025, 3, 3),
        seen_on=date(2025, 3, 31),
        columns={"employed_at_intake": 1.0, "age_at_intake": 68.0},
        law=(
            ("første opfølgningssamtale", "27. april 2025"),
            # 26 weeks from 3 March are full on 31 August, and more by September.
            ("sygedagpenge efter pensionsalderen", "tidligst 30. september 2025"),
        ),
        targets=("2. juni 2025", "1. september 2025"),
    ),
    "granted a flex job, before July 2026": Citizen(
        "long_benefit",
        start=date(2026, 1, 5),
        seen_on=date(2026, 2, 2),
        columns={},
        benefits=((WAITING, date(2026, 1, 5), date(2026, 2, 2)),),
        known_until=date(2026, 2, 2),
        law=(
            ("kontaktsamtale", "5. april 2026"),
            ("revurdering af ledighedsydelsen", "3. januar 2027"),
            ("revurderingen af ledighedsydelsen er færdig", "4. juli 2027"),
        ),
    ),
    "fallen back on the benefit from a flex job, after July 2026": Citizen(
        "long_benefit",
        start=date(2026, 8, 3),
        seen_on=date(2026, 9, 7),
        columns={},
        benefits=(
            (WAITING, date(2025, 9, 1), date(2026, 3, 2)),
            (FLEX, date(2026, 3, 2), date(2026, 8, 3)),
            (WAITING, date(2026, 8, 3), date(2026, 9, 7)),
        ),
        known_until=date(2026, 9, 7),
        law=(
            ("kontaktsamtale", "3. november 2026"),
            # 26 weeks before the flex job and 26 after it, within 18 months.
            ("revurdering af ledighedsydelsen", "31. januar 2027"),
            ("revurderingen af ledighedsydelsen er færdig", "30. januar 2028"),
        ),
        changed=CHANGED.format("1. juli 2026"),
    ),
    "in a flex job at 34, and sick for a month": Citizen(
        "short_flex_job",
        start=date(2026, 3, 2),
        seen_on=date(2026, 5, 4),
        columns={"age_at_intake": 34.0},
        benefits=(
            (FLEX, date(2026, 3, 2), date(2026, 4, 6)),
            (SICK, date(2026, 4, 6), date(2026, 5, 4)),
        ),
        known_until=date(2026, 5, 4),
        law=(
            ("opfølgning på fleksjobbet", "2. september 2028"),
            (
                "status på fleksjobbet: ordinært job, fortsat fleksjob eller "
                "pensionssag",
                "2. september 2030",
            ),
            ("bevillingen af fleksjob udløber", "2. marts 2031"),
        ),
        targets=("2. juni 2026",),
    ),
}


def print_deadlines(citizen):
    """What the page of *citizen* prints."""
    found = find_deadlines(
        read_specification(MODELS / f"{citizen.target}.toml").deadlines,
        CaseFacts(
            citizen.start,
            citizen.start,
            columns=citizen.columns,
            benefits=tuple(Benefit(*spell) for spell in citizen.benefits),
            known_until=citizen.known_until,
        ),
        as_of=citizen.seen_on,
        rules=read_shipped_rules(),
        reforms=read_shipped_reforms(),
    )
    return build_case_deadlines(found, DANISH, as_of=citizen.seen_on)


def shorten(day):
    """A day as tables print it, with its month cut short."""
    dates = DANISH["dates"]
    for month, short in zip(dates["months"], dates["short_months"], strict=True):
        day = day.replace(month, short)
    return day


def test_there_are_ten():
    assert len(TEN) == 10


@pytest.mark.parametrize("citizen", TEN.values(), ids=TEN.keys())
def test_the_page_prints_what_was_counted_by_hand(citizen):
    page = print_deadlines(citizen)
    law = tuple((capitalise(words), shorten(due)) for words, due in citizen.law)
    assert tuple((row.words, row.due) for row in page.law) == law
    assert tuple(row.due for row in page.targets) == tuple(
        map(shorten, citizen.targets)
    )
    assert page.rules_changed == citizen.changed
