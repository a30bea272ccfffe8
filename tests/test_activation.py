"""What citizens did while on a benefit: weeks in it are features, no outcome asks."""

from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import SpecError
from riskscreen.features import build_features
from riskscreen.features.catalogue import list_features
from riskscreen.history.reading import Asked, take_person_history
from riskscreen.outcomes import derive_outcomes
from riskscreen.rules.code_groups import parse_code_table, read_shipped_code_table
from riskscreen.spec import SHIPPED_MODELS, HistoryGroup, Words, read_specification
from tests.histories import check_history

EXTRACTED = date(2025, 1, 6)
PLAIN = read_specification(SHIPPED_MODELS / "long_absence.toml")
COMPANY = HistoryGroup(
    activation=("wage_subsidy", "workplace_training"),
    label=Words(da="virksomhedsrettet aktivering", en="company-directed activation"),
)


def with_company(spec):
    groups = {**spec.history.groups, "company": COMPANY}
    history = spec.history.model_copy(update={"groups": groups})
    return spec.model_copy(update={"history": history})


READING = with_company(PLAIN)
CASES = pd.DataFrame(
    {
        "case_id": ["c1"],
        "person_id": ["ada"],
        "start_date": pd.to_datetime(["2024-01-01"]),
        "decision_date": pd.to_datetime(["2024-01-29"]),
    }
)
# Monday to Monday: 4 weeks passive, 3 of workplace training on cash assistance, 2 of
# wage subsidy on sickness benefit, then sick, and partly recovered at the horizon.
SPELLS = [
    ("130", "2023-09-04", "2023-10-02"),
    ("137", "2023-10-02", "2023-10-23"),
    ("896", "2023-11-06", "2023-11-20"),
    ("893", "2024-01-01", "2024-06-03"),
    ("899", "2024-06-03", "2024-09-02"),
]


def read(spec, codes=None):
    rows = pd.DataFrame(SPELLS, columns=["code", "start_date", "end_date"])
    rows = rows.assign(person_id="ada")
    checked = check_history(rows, file="history", extract_date=EXTRACTED)
    persons = pd.Index(["ada"], dtype="str")
    table = codes or read_shipped_code_table()
    asked = Asked(spec, table, persons, "history", EXTRACTED)
    return take_person_history([checked], asked, extract_date=EXTRACTED).index


def features(spec, codes=None):
    intake = dict.fromkeys(spec.columns, pd.NA)
    cases = CASES.assign(**{k: v for k, v in intake.items() if k not in CASES})
    return build_features(spec, cases, read(spec, codes), {}).iloc[0]


@pytest.mark.slow
def test_weeks_in_company_directed_activation_are_counted_on_whatever_benefit():
    found = features(READING)
    assert found["company_weeks_13"] == 3  # 16 October to 15 January: 1 and 2
    assert found["company_weeks_26"] == 5
    assert found["company_spells"] == 2
    assert found["company_longest"] == 3


@pytest.mark.slow
def test_nothing_else_changes_where_a_specification_reads_it():
    plain, reading = features(PLAIN), features(READING)
    pd.testing.assert_series_equal(plain, reading[plain.index], check_names=False)
    pd.testing.assert_frame_equal(
        *(
            derive_outcomes(spec, CASES, read(spec), extract_date=EXTRACTED)
            for spec in (PLAIN, READING)
        )
    )
    assert not [f for f in list_features(PLAIN) if f.name.startswith("company")]


@pytest.mark.slow
def test_what_a_code_stood_for_is_dated_like_its_group():
    codes = parse_code_table(
        "code,group,activation,valid_from,valid_to\n"
        "137,kontanthjaelp,guidance,,2023-10-16\n"
        "137,kontanthjaelp,workplace_training,2023-10-16,\n"
        "130,kontanthjaelp,,,\n896,sygedagpenge,,,\n893,sygedagpenge,,,\n"
        "899,sygedagpenge,,,\n",
        name="a test",
    )
    assert features(READING, codes)["company_weeks_26"] == 1


@pytest.mark.parametrize(
    "kinds", [{}, {"activation": ["wage_subsidy"], "code_groups": ["sygedagpenge"]}]
)
def test_a_group_is_of_benefits_or_of_activations(kinds):
    said = {"label": {"da": "x", "en": "x"}}
    with pytest.raises((SpecError, ValueError), match="code_groups or activation"):
        HistoryGroup.model_validate(said | kinds)
