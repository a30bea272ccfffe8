"""Scores of a model that reads a further table: the doors agree to the last bit."""

import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.history.dated_tables import get_indexes
from riskscreen.readers import TableSource
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.scoring.score_cases import score
from riskscreen.scoring.tables import name_empty_tables, take_tables
from riskscreen.validation.checking import NOT_A_DATE
from riskscreen.validation.schemas import NO_ROWS_IN
from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = small_site.EXTRACTED.date()


@pytest.fixture(scope="module")
def model():
    return small_site.model(spec=small_site.specification(tables=(small_site.WORK,)))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    small_site.deliver(folder, 40, seed=2)
    work = small_site.work(small_site.cases(40, seed=2))
    work.to_csv(folder / "work.csv", index=False)
    return folder


def read(site):
    work = pd.read_csv(site / "work.csv", dtype="str", keep_default_na=False)
    return small_site.cases(40, seed=2), pd.read_parquet(site / "history.parquet"), work


def test_a_case_alone_is_scored_as_in_a_batch_bit_for_bit(model, site, tmp_path):
    cases, past, work = read(site)
    score_files(
        model,
        Delivery(
            TableSource(site / "cases.csv"),
            TableSource(site / "history.parquet"),
            AS_OF,
            tables={"work": TableSource(site / "work.csv")},
        ),
        out=tmp_path / "out",
        scored_at="2025-01-06T08:00:00+00:00",
    )
    batch = pd.read_parquet(tmp_path / "out" / "scores.parquet").set_index("case_id")
    whole = score(model, cases, past, tables={"work": work}, as_of=AS_OF)
    expected = whole.scores.set_index("case_id")
    assert batch["risk"].tolist() == expected["risk"].tolist()
    assert batch[NO_ROWS_IN].tolist() == expected[NO_ROWS_IN].tolist()
    for case in expected.index[:4]:
        own = cases[cases["case_id"] == case]
        person = own["person_id"].iloc[0]
        rows = work[work["person_id"] == person]
        alone = score(
            model,
            own,
            past[past["person_id"] == person].pipe(small_site.reaching, AS_OF),
            tables={"work": rows},
            as_of=AS_OF,
        ).scores.iloc[0]
        assert alone["risk"] == expected.loc[case, "risk"]
        assert alone["input_fingerprint"] == expected.loc[case, "input_fingerprint"]


def test_a_score_names_the_tables_that_hold_no_row_of_its_person(model, site):
    cases, past, work = read(site)
    scores = score(model, cases, past, tables={"work": work}, as_of=AS_OF).scores
    person = cases.set_index("case_id")["person_id"][scores["case_id"]]
    unknown = ~person.isin(work["person_id"]).to_numpy()
    assert unknown.any()
    assert (scores[NO_ROWS_IN][unknown] == "work").all()
    assert scores[NO_ROWS_IN].isna().any()


def test_a_table_that_is_needed_is_asked_for_by_name(model, site):
    cases, past, _ = read(site)
    with pytest.raises(TableError, match="work: small_target reads this table"):
        score(model, cases, past, as_of=AS_OF)


def test_rows_of_a_table_that_break_a_rule_are_set_aside_with_the_cases(model, site):
    cases, past, work = read(site)
    spoilt = work.assign(start_date=["30-02-2020", *work["start_date"][1:]])
    found = score(model, cases, past, tables={"work": spoilt}, as_of=AS_OF)
    of_work = found.set_aside[found.set_aside["file"] == "work"]
    assert of_work["rule"].tolist() == [f"start_date: {NOT_A_DATE}"]


def test_a_table_that_may_be_absent_is_missing_and_said():
    table = small_site.WORK | {"required": False}
    spec = small_site.specification(tables=(table,))
    cases = pd.DataFrame({"person_id": ["p1"], "decision_date": [pd.Timestamp(AS_OF)]})
    rows = take_tables(spec, {}, pd.Index(["p1"]), as_of=AS_OF, patterns={})
    assert get_indexes(rows) == {}
    assert name_empty_tables(spec, cases, rows).tolist() == ["work"]
