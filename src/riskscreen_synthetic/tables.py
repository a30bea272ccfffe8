"""The synthetic cases and histories as the tables that a site delivers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.readers import to_dream_wide
from riskscreen_synthetic import absence, benefit
from riskscreen_synthetic.columns import (
    draw_category,
    draw_flag,
    draw_missing_values,
)
from riskscreen_synthetic.histories import Citizens
from riskscreen_synthetic.models import Cases
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import (
    KINDS,
    Flags,
    Ints,
    Record,
    Spells,
    to_day,
    to_week,
    to_week_start,
)

_NOTES = (
    "Samtale afholdt. Borgeren fortæller om sin hverdag og sine ønsker til arbejde.",
    "Borgeren har talt med egen læge og afventer svar.",
    "Telefonisk kontakt. Aftalt ny samtale om fire uger.",
    "Arbejdsgiver er positiv over for gradvis tilbagevenden.",
    "Skånehensyn drøftet. Plan tilpasses efter næste samtale.",
)
_MAY_BE_BLANK = ("seriously_ill", "job_ends_soon")
AGE_BANDS = ("under 30", "30-39", "40-49", "50 and over")


@dataclass(frozen=True)
class Identifiers:
    """How the citizens and cases of a stream are called in the files."""

    person: npt.NDArray[np.object_]
    case: npt.NDArray[np.object_]


def draw_identifiers(
    random: Random, letter: str, n_persons: int, n_cases: int
) -> Identifiers:
    """Draw identifiers in random order, so that nothing can be read from them."""
    persons = np.array([f"P{letter}{i:07d}" for i in random.permutation(n_persons)])
    cases = np.array([f"{letter}{i:07d}" for i in random.permutation(n_cases)])
    return Identifiers(persons.astype(object), cases.astype(object))


def to_dates(days: Ints, *, missing: Flags | None = None) -> Any:
    """Return day numbers as dates; the *missing* ones are missing."""
    made = days.astype("datetime64[D]").astype("datetime64[s]")
    if missing is not None:
        made[missing] = np.datetime64("NaT")
    return made


def to_levels(codes: Any, words: Sequence[str], *, hidden: Any = None) -> Any:
    """Return level numbers as words, None where *hidden*."""
    text = np.array(words, dtype=object)[codes]
    if hidden is not None:
        text[hidden] = None
    return text


def _to_flags(values: Flags, hidden: Any) -> Any:
    made = pd.array(np.asarray(values, dtype=bool), dtype="boolean")
    made[np.broadcast_to(hidden, len(values)).copy()] = pd.NA
    return made


def _to_numbers(values: Any, hidden: Any) -> Any:
    if np.issubdtype(values.dtype, np.integer):
        made = pd.array(values, dtype="Int64")
        made[np.broadcast_to(hidden, len(values)).copy()] = pd.NA
        return made
    return np.where(hidden, np.nan, values)


def build_keys(
    random: Random,
    parameters: Parameters,
    citizens: Citizens,
    cases: Cases,
    named: Identifiers,
) -> dict[str, Any]:
    """Return the key columns of each case."""
    places = parameters["municipalities"]
    place = np.array(places["names"], dtype=object)[citizens.municipality[cases.person]]
    team = random.integers(1, places["teams"] + 1, len(cases))
    return {
        "case_id": named.case,
        "person_id": named.person[cases.person],
        "start_date": to_dates(cases.start),
        "decision_date": to_dates(cases.decision),
        "municipality": place,
        "team": np.array([f"{p}-{t}" for p, t in zip(place, team, strict=True)]),
    }


def build_absence_columns(
    random: Random, cases: Cases, table: Record
) -> dict[str, Any]:
    """Return the intake columns of sick-listed citizens, as the file holds them."""
    known, drawn, n = cases.known, cases.drawn, len(cases)
    at_work = known["employed_at_intake"]
    columns: dict[str, Any] = {
        "age_at_intake": known["age_at_intake"],
        "employed_at_intake": at_work,
        "days_until_received": known["days_until_received"],
        "standby_case": known["standby_case"],
    }
    words = {
        "education_level": absence.EDUCATION,
        "main_cause": absence.CAUSES,
        "employer_size": absence.SIZES,
        "own_return_view": absence.VIEWS,
    }
    columns |= _select_drawn_columns(
        drawn, _blank_out(cases, absence.OF_A_JOB, ~at_work), words
    )
    for name, share in (
        ("workplace_is_the_cause", table["intake"]["workplace_cause_share"]),
        ("return_agreed_soon", table["intake"]["return_agreed_share"]),
    ):
        lacking = random.random(n) < table["missing"][name]
        columns[name] = _to_flags(random.random(n) < share, lacking)
    # Nobody was asked before the employment reform of 2026, and no law changes here.
    columns["return_expected_within_26_weeks"] = pd.array([None] * n, dtype="str")
    return columns | _draw_exceptions(random, at_work, table)


def _draw_exceptions(random: Random, at_work: Flags, table: Record) -> dict[str, Any]:
    """Draw the ticks that leave a citizen out, of which not every intake has one."""
    n, shares = len(at_work), table["intake"]
    serious = draw_flag(random, shares["seriously_ill_share"], n)
    ends = draw_flag(random, shares["job_ends_soon_share"], n)
    hidden = draw_missing_values(
        random, {name: table["missing"][name] for name in _MAY_BE_BLANK}, n
    )
    medical = draw_category(
        random, shares["medical_exception_shares"], [0.0] * 4, np.zeros(n)
    )
    words = ("", *absence.MEDICAL_EXCEPTIONS)
    return {
        "seriously_ill": _to_flags(serious, hidden["seriously_ill"]),
        "medical_exception": to_levels(medical, words, hidden=medical == 0),
        "job_ends_soon": _to_flags(ends, hidden["job_ends_soon"] | ~at_work),
    }


def _blank_out(cases: Cases, which: Sequence[str], also: Flags) -> dict[str, Flags]:
    """Return what the file lacks: missing values, and *which* columns make no sense."""
    return {
        name: hidden | also if name in which else hidden
        for name, hidden in cases.hidden.items()
    }


def _select_drawn_columns(
    drawn: Record, hidden: Mapping[str, Flags], words: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    columns = {}
    for name, values in drawn.items():
        if name in words:
            columns[name] = to_levels(values, words[name], hidden=hidden[name])
        elif values.dtype == np.bool_:
            columns[name] = _to_flags(values, hidden[name])
        else:
            columns[name] = _to_numbers(values, hidden[name])
    return columns


def build_benefit_columns(cases: Cases) -> dict[str, Any]:
    """Return the intake columns of citizens granted a flex job, as in the file."""
    words = {
        "education_level": benefit.EDUCATION,
        "main_impairment": benefit.IMPAIRMENTS,
    }
    wishing = cases.drawn["job_wishes_stated"] > 0
    hidden = _blank_out(cases, ("could_not_state_wishes",), wishing)
    return {
        "age_at_intake": cases.known["age_at_intake"],
        "job_opening_at_grant": cases.known["job_opening_at_grant"],
        **_select_drawn_columns(cases.drawn, hidden, words),
    }


def draw_forecast(
    random: Random, score: Any, words: Sequence[str], *, noise: float, missing: float
) -> Any:
    """Draw a human forecast with some skill: *score* (up is worse) through noise."""
    seen = score + random.logistic(0.0, noise / 1.8, len(score))
    level = np.searchsorted(np.quantile(seen, [0.45, 0.80]), seen)
    return to_levels(level, words, hidden=random.random(len(score)) < missing)


def draw_leaks(random: Random, cases: Cases, extract: int) -> dict[str, Any]:
    """Draw columns that nobody can know at T0, as careless extracts hold them.

    ``intake_index_k7`` is the length of the case under a name that says nothing.
    """
    n, weeks = len(cases), cases.weeks
    ended = to_week_start(to_week(cases.start) + weeks)
    helped = random.random(n) < np.where(weeks > 26, 0.35, 0.08)
    begun = cases.decision + random.integers(14, 120, n)
    index = 50 + 8 * np.log(weeks / 10) + random.normal(0, 3, n)
    return {
        "raskmelding_date": to_dates(ended, missing=ended >= extract),
        "total_weeks": np.minimum(weeks, (extract - cases.start) // 7),
        "foenix_start": to_dates(begun, missing=~helped | (begun >= extract)),
        "notes_count": random.poisson(2 + 0.4 * weeks),
        "intake_index_k7": np.round(index, 1),
        "note_text": np.array(_NOTES, dtype=object)[random.integers(0, len(_NOTES), n)],
    }


def build_audit_table(
    cases: Cases, citizens: Citizens, named: Identifiers
) -> pd.DataFrame:
    """Return what the site holds for audits alone."""
    who, age = cases.person, cases.known["age_at_intake"]
    band = np.searchsorted([30, 40, 50], age, side="right")
    return pd.DataFrame(
        {
            "case_id": named.case,
            "audit_sex": to_levels(
                citizens.female[who].astype(int), ("male", "female")
            ),
            "audit_age_band": to_levels(band, AGE_BANDS),
            "audit_origin": to_levels(
                citizens.other_origin[who].astype(int), ("danish", "other")
            ),
        }
    )


def build_history_table(
    spells: Spells, named: Identifiers, parameters: Parameters
) -> pd.DataFrame:
    """Return the spells as the register writes them, sorted by citizen and start."""
    codes = parameters["codes"]
    main = np.array([codes["main"][kind] for kind in KINDS], dtype=object)
    second = [codes["second"].get(kind, codes["main"][kind]) for kind in KINDS]
    person = named.person[spells.person]
    order = np.lexsort((spells.start, person.astype(str)))
    spells, person = spells.where(order), person[order]
    code = np.where(
        spells.second, np.array(second, object)[spells.kind], main[spells.kind]
    )
    extract = to_day(parameters["calendar"]["extract_date"])
    end = np.minimum(to_week_start(spells.end), extract + 1)
    return pd.DataFrame(
        {
            "person_id": person,
            "code": code,
            "start_date": to_dates(to_week_start(spells.start)),
            "end_date": to_dates(end, missing=end > extract),
            "registered_on": to_dates(spells.registered),
        }
    )


def build_dream_tables(
    history: pd.DataFrame, parameters: Parameters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the same spells in DREAM's wide and long form, for some of the citizens.

    Wide: a row a citizen and a column a week (y_YYWW), blank = none. Long: a row a
    citizen and week with a benefit.
    """
    everyone = history["person_id"].unique()
    wanted = min(parameters["extras"]["dream_persons"], len(everyone))
    some = everyone[:: max(1, len(everyone) // wanted)][:wanted]
    spells = history[history["person_id"].isin(some)]
    last = parameters["calendar"]["extract_date"] - timedelta(days=1)
    first = spells["start_date"].min().date()
    wide = to_dream_wide(spells, persons=sorted(some), first=first, last=last)
    # Not melted: pandas joins a thousand columns of text, one a week, for a second.
    codes = wide.iloc[:, 1:].to_numpy(dtype=object)
    person, week = np.nonzero(codes != "")
    columns = {
        "person_id": wide["person_id"].to_numpy(dtype=object)[person],
        "week": wide.columns[1:].str.removeprefix("y_").to_numpy(dtype=object)[week],
        "code": codes[person, week],
    }
    return wide, pd.DataFrame(columns, dtype="str")


def build_site_code_groups(parameters: Parameters) -> pd.DataFrame | None:
    """Return the site's own codes with their groups, or None where it has none."""
    groups = parameters["codes"].get("site_groups")
    if not groups:
        return None
    return pd.DataFrame(
        {
            "code": list(groups),
            "group": list(groups.values()),
            "valid_from": "",
            "valid_to": "",
            "source": "made up for the second shape",
            "mark": "no_source",
        }
    )
