"""As mlflow.pyfunc loads it: the same scores, and a row out for every row in."""

import json
import traceback

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import NotApprovedError, ScreeningError, TableError
from riskscreen.model.model_folder import save_model
from riskscreen.registry.logged_models import build_signature
from riskscreen.scoring import pyfunc_model
from riskscreen.scoring.score_cases import score
from tests import small_site

AS_OF = small_site.EXTRACTED.date()
SECRET = "Jens Hansen"
TWICE = '[{"code": "400", "code": "200", "start_date": "2018-02-26"}]'


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = small_site.approved_folder(tmp_path_factory.mktemp("approved") / "m")
    return pyfunc_model._load_pyfunc(str(folder))


@pytest.fixture(scope="module")
def cases():
    return small_site.cases(16, seed=5)


@pytest.fixture(scope="module")
def rows(cases, history):
    """The cases, each with what was looked up of its citizen as tuples."""
    columns = ["code", "start_date", "end_date"]
    of = {
        p: list(h[columns].itertuples(index=False, name=None))
        for p, h in history.groupby("person_id")
    }
    looked_up = [of.get(person, []) for person in cases["person_id"]]
    return cases.assign(history=pd.Series(looked_up, index=cases.index, dtype=object))


def predict(opened, rows):
    return opened.predict(rows, params={"as_of": AS_OF.isoformat()})


@pytest.mark.slow
def test_every_row_comes_back_once_with_the_batch_s_bits(
    opened, model, cases, history, rows
):
    batch = score(model, cases, history, as_of=AS_OF)
    found = predict(opened, rows.set_axis(range(100, 100 + len(rows))))
    assert found.index.tolist() == list(range(100, 100 + len(rows)))
    assert found["case_id"].tolist() == cases["case_id"].tolist()
    scored = batch.scores.set_index("case_id")
    routed = batch.routed.set_index("case_id")
    assert len(routed)
    for _, row in found.iterrows():
        if row["case_id"] in routed.index:
            assert row["status"] == "routed"
            assert row["rule"] == routed.loc[row["case_id"], "route"]
            continue
        same = scored.loc[row["case_id"]]
        assert row["status"] == ("abstained" if same["abstained"] else "scored")
        assert row["risk"] == same["risk"]
        assert row["proposed"] == same["proposed"]
        up = [
            one["words"]["da"]
            for one in row["answer"]["reasons"]
            if one["log_odds"] > 0
        ]
        assert up[:1] == [same["reason_up_1"]][: len(up)]


def test_no_rows_come_back_with_the_columns_of_the_signature(opened, model, rows):
    told = build_signature(model.spec).outputs.input_names()
    for few in (rows.iloc[:0], rows.iloc[:1]):
        assert predict(opened, few).columns.tolist() == told


@pytest.mark.slow
def test_json_text_and_tuples_and_mappings_and_arrays_give_the_same(opened, rows):
    def as_text(spells):
        return json.dumps(
            [
                [str(c), str(s.date()), e if e is None else str(e.date())]
                for c, s, e in spells
            ],
            default=str,
        )

    names = ("code", "start_date", "end_date")
    texts = rows.assign(history=[as_text(cell) for cell in rows["history"]])
    mappings = rows.assign(
        history=[
            [dict(zip(names, spell, strict=True)) for spell in cell]
            for cell in rows["history"]
        ]
    )
    arrays = rows.assign(
        history=pd.Series(
            [np.array(cell, dtype=object) for cell in rows["history"]], index=rows.index
        )
    )
    expected = predict(opened, rows).drop(columns="answer")
    for same in (texts, mappings, arrays):
        got = predict(opened, same).drop(columns="answer")
        pd.testing.assert_frame_equal(got, expected)


@pytest.mark.slow
def test_a_bad_row_is_set_aside_with_its_rule_and_takes_no_other_with_it(opened, rows):
    broken = rows.copy()
    broken["decision_date"] = broken["decision_date"].astype(object)
    broken.loc[broken.index[3], "decision_date"] = SECRET
    found = predict(opened, broken)
    assert found["status"].iloc[3] == "set aside"
    assert found["rule"].iloc[3]
    assert SECRET not in found.to_json()
    rest = [place for place in range(len(rows)) if place != 3]
    expected = predict(opened, rows)["risk"].iloc[rest].tolist()
    np.testing.assert_array_equal(found["risk"].iloc[rest].tolist(), expected)


@pytest.mark.parametrize("column", ["history", "decision_date", "case_id"])
def test_a_missing_column_is_an_error_that_names_it(opened, rows, column):
    with pytest.raises(TableError, match=column):
        predict(opened, rows.drop(columns=column))


@pytest.mark.parametrize(
    "cell", [SECRET, None, 3.0, [SECRET], [[SECRET]], "{}", "[1]", TWICE]
)
def test_no_value_of_a_row_is_in_an_error(opened, rows, cell):
    cells = [*rows["history"][:-1], cell]
    broken = rows.assign(history=pd.Series(cells, index=rows.index, dtype=object))
    with pytest.raises(TableError) as refused:
        predict(opened, broken)
    assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_an_extract_that_is_still_to_come_is_refused(opened, rows):
    with pytest.raises(ScreeningError, match="days after"):
        opened.predict(rows, params={"as_of": "2999-01-01"})


def test_two_cases_of_a_citizen_come_with_the_same_rows(opened, rows):
    two = pd.concat([rows.iloc[:1], rows.iloc[:1].assign(case_id="S-another")])
    assert predict(opened, two)["risk"].nunique(dropna=False) == 1
    other = two.assign(history=pd.Series([two["history"].iloc[0], []], index=two.index))
    with pytest.raises(TableError, match="one citizen"):
        predict(opened, other)


def test_a_model_that_nobody_approved_does_not_load(model, tmp_path):
    save_model(model, tmp_path / "m")
    with pytest.raises(NotApprovedError):
        pyfunc_model._load_pyfunc(str(tmp_path / "m"))
