"""What the quick way finds broken is what pandera does, table by table."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.validation import validate_table
from riskscreen.validation.breaches import list_breaches
from riskscreen.validation.contracts import ColumnContract, Contract

CONTRACT = Contract(
    {
        "id": ColumnContract("str", unique=True),
        "kind": ColumnContract("str", nullable=True, among=("a", "b")),
        "risk": ColumnContract("float64", at_least=0, at_most=1),
        "rank": ColumnContract("Int64", nullable=True, at_least=1),
        "day": ColumnContract("datetime64[us]"),
        "known": ColumnContract("datetime64[us]", nullable=True, required=False),
        "over": ColumnContract("bool"),
    },
    unique=("id", "kind"),
)


def table(**changes):
    kept = pd.DataFrame(
        {
            "id": pd.array(["1", "2", "3"], dtype="str"),
            "kind": pd.array(["a", None, "b"], dtype="str"),
            "risk": [0.0, 0.5, 1.0],
            "rank": pd.array([1, None, 2], dtype="Int64"),
            "day": pd.to_datetime(["2024-01-01"] * 3).as_unit("us"),
            "over": [True, False, True],
        }
    )
    return kept.assign(**changes)


KEPT = {
    "as it is": table(),
    "with what need not be there": table()[[*table()][:5]].assign(
        known=table()["day"].where([True, False, True]), over=table()["over"]
    ),
    "without a row": table().head(0),
    "all missing": table(kind=pd.array([None] * 3, dtype="str")),
}
BROKEN = {
    "a repeated id": table(id=pd.array(["1", "1", "3"], dtype="str")),
    "a missing id": table(id=pd.array(["1", None, "3"], dtype="str")),
    "a kind of none": table(kind=pd.array(["a", None, "c"], dtype="str")),
    "a risk below 0": table(risk=[-1e-9, 0.5, 1.0]),
    "a risk above 1": table(risk=[0.0, 0.5, 1 + 1e-9]),
    "an endless risk": table(risk=[0.0, 0.5, np.inf]),
    "a missing risk": table(risk=[0.0, np.nan, 1.0]),
    "a rank of 0": table(rank=pd.array([0, None, 2], dtype="Int64")),
    "a rank as text": table(rank=pd.array(["1", "2", "3"], dtype="str")),
    "a missing day": table(day=table()["day"].where([True, False, True])),
    "a day as text": table(day=pd.array(["2024-01-01"] * 3, dtype="str")),
    "a flag as text": table(over=pd.array(["1", "0", "1"], dtype="str")),
    "a column too few": table().drop(columns="over"),
    "a column too many": table(more=1),
    "columns in another order": table()[[*table()][::-1]],
}


@pytest.mark.parametrize("name", KEPT)
def test_a_table_that_keeps_its_contract_is_found_to(name):
    assert CONTRACT.is_kept_by(KEPT[name])
    assert list_breaches(KEPT[name], CONTRACT) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_table_that_breaks_its_contract_is_found_to_and_told_of(name):
    assert not CONTRACT.is_kept_by(BROKEN[name])
    assert list_breaches(BROKEN[name], CONTRACT) != []


@pytest.mark.parametrize(
    "other", [{"rank": [1, 2, 3]}, {"day": table()["day"].dt.as_unit("ns")}]
)
def test_a_type_that_only_pandera_takes_for_the_same_is_left_to_it(other):
    whole = table(**other)
    assert not CONTRACT.is_kept_by(whole)
    assert validate_table(whole, CONTRACT, name="a table") is whole


@pytest.mark.parametrize("unique", [(), ("a", "b")])
def test_a_column_that_stands_twice_is_named_and_no_other_one(unique):
    pairs = Contract(
        {"a": ColumnContract("int64"), "b": ColumnContract("int64")}, unique=unique
    )
    rows = pd.DataFrame([[1, 2, 3, 4, 5]], columns=["a", "b", "a", "secret", "secret"])
    with pytest.raises(TableError, match="a: occurs more than once") as told:
        validate_table(rows, pairs, name="a table")
    assert "secret" not in str(told.value)
    assert list_breaches(rows[["b"]].assign(a=1)[["a", "b"]], pairs) == []


def test_rows_that_are_the_same_in_all_of_several_columns_are_doubles():
    pairs = Contract(
        {"a": ColumnContract("int64"), "b": ColumnContract("int64")}, unique=("a", "b")
    )
    assert pairs.is_kept_by(pd.DataFrame({"a": [1, 1], "b": [1, 2]}))
    twice = pd.DataFrame({"a": [1, 1], "b": [2, 2]})
    assert not pairs.is_kept_by(twice)
    assert list_breaches(twice, pairs) != []
