from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.array_tables import ArrayTable
from riskscreen.errors import TableError
from riskscreen.text_arrays import build_texts
from riskscreen.validation import validate_table
from riskscreen.validation.checking import CheckedTable
from riskscreen.validation.personal_data import PersonalData
from riskscreen.validation.schemas import SET_ASIDE, build_scores_schema
from tests.small_site import specification


def test_a_broken_contract_is_told_by_column_rule_and_count_never_by_value():
    secret = "010190-1234"
    table = pd.DataFrame(
        {
            "file": pd.Series(["f", "f"], dtype="str"),
            "line": [0, 3],
            "case_id": pd.Series([secret, secret], dtype="str"),
            "rule": pd.Series([None, "r"], dtype="str"),
        }
    )
    with pytest.raises(TableError) as found:
        validate_table(table, SET_ASIDE, name="set_aside")
    said = str(found.value)
    assert secret not in said
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__ or found.value.__context__ is None
    assert "line: greater_than_or_equal_to (1 rows)" in said
    assert "rule: not_nullable (1 rows)" in said


def test_a_column_too_many_or_too_few_is_named():
    with pytest.raises(TableError, match="line"):
        validate_table(pd.DataFrame({"file": []}), SET_ASIDE, name="set_aside")


def test_scores_hold_one_row_per_case_target_and_model():
    scores = build_scores_schema(specification())
    assert scores.unique == ("case_id", "target", "model_version")


def test_a_checked_table_is_cut_with_the_rows_set_aside_where_they_stood():
    lines = np.array([2, 3, 5, 6, 9])
    checked = CheckedTable(
        columns=ArrayTable({"case_id": build_texts("abcde")}),
        set_aside=pd.DataFrame({"line": [4, 7, 8, 10], "rule": list("wxyz")}),
        ignored=("column 3",),
        lines=lines,
        unreadable=build_texts([None, "x", None, None, None]),
        doubts={"x: r": 1},
        cells={},
        personal=PersonalData(),
    )
    pieces = checked.cut(2)
    assert [list(p.columns["case_id"]) for p in pieces] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    assert [p.set_aside["line"].tolist() for p in pieces] == [[4], [7, 8], [10]]
    assert [p.lines.tolist() for p in pieces] == [[2, 3], [5, 6], [9]]
    assert [p.unreadable.isna().tolist() for p in pieces] == [[1, 0], [1, 1], [1]]
    assert [p.doubts for p in pieces] == [{"x: r": 1}, {}, {}]
    (whole,) = checked.cut(5)
    assert whole.set_aside["line"].tolist() == [4, 7, 8, 10]
    none = slice(0, 0)
    nobody = replace(checked, columns=checked.columns.take(none), lines=lines[none])
    (alone,) = nobody.cut(5)
    assert alone.set_aside["line"].tolist() == [4, 7, 8, 10]
    assert not len(alone.columns)
