import pandas as pd
import pytest

from examples.french_jobseekers import reader as french
from examples.german_sick_leave import reader as german
from examples.site import specification_of
from examples.us_compensation import reader as american
from riskscreen.spec import read_specification
from riskscreen.validation import check_cases

READERS = {
    "us_compensation": (american, 7150, 0.281),
    "german_sick_leave": (german, 5149, 0.291),
    "french_jobseekers": (french, 33797, 0.807),
}


@pytest.fixture(scope="module", params=READERS)
def read(request, data):
    reader, n, share = READERS[request.param]
    return request.param, reader.read(data), n, share


def test_every_row_is_a_case_with_the_share_of_long_that_is_told(read):
    _, tables, n, share = read
    assert len(tables.cases) == tables.cases["case_id"].nunique() == n
    assert tables.outcomes["case_id"].equals(tables.cases["case_id"])
    assert tables.outcomes["long"].mean() == pytest.approx(share, abs=0.001)


@pytest.mark.slow
def test_cases_keep_the_contract_of_their_specification(read):
    name, tables, _, _ = read
    spec = read_specification(specification_of(name))
    checked = check_cases(
        spec, tables.cases, file="cases", extract_date=tables.extract_date
    )
    # One French row has none of the four levels of education.
    assert len(checked.set_aside) == (1 if name == "french_jobseekers" else 0)
    assert set(tables.cases) - set(checked.kept.columns) <= {"hospital_stay"}


def test_no_feature_stands_in_the_audit_table_alone(read):
    name, tables, _, _ = read
    spec = read_specification(specification_of(name))
    assert not set(spec.audit) & set(tables.cases)
    if spec.audit:
        assert set(spec.audit) <= set(tables.audit)
        assert tables.audit["case_id"].equals(tables.cases["case_id"])


def test_a_german_spell_is_known_ten_days_after_it_began(data):
    history = german.read(data).history
    later = history["registered_on"] - history["start_date"]
    assert (later == pd.Timedelta(days=10)).all()
    assert (history["end_date"] <= history["registered_on"]).all()


def test_the_ambiguous_german_spells_are_those_cut_at_a_weekend(data):
    tables = german.read(data)
    ambiguous = german.ambiguous(data)
    found = tables.outcomes["case_id"].isin(ambiguous)
    assert found.sum() == len(ambiguous) == 321
    assert not tables.outcomes["long"][found].any()
    last = tables.history["end_date"][found] - pd.Timedelta(days=1)
    assert (last.dt.day_name() == "Thursday").all()


@pytest.mark.slow
def test_medical_cost_and_duration_are_not_among_the_american_columns(data):
    cases = american.read(data).cases
    claims = pd.read_csv(american.SOURCE.verified(data))
    for column in ("totmed", "durat"):
        same = [
            c for c in cases if cases[c].astype(str).equals(claims[column].astype(str))
        ]
        assert same == []
