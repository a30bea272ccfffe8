import math

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.features import build_features
from riskscreen.spec import Column, Words
from tests.features.test_history import small_spec

WORDS = Words(da="ord", en="words")
COLUMNS = {
    "years": Column(
        type="integer", unit="years", label=WORDS, idea="work", known="at_decision"
    ),
    "asked": Column(type="flag", label=WORDS, idea="work", known="at_decision"),
    "kind": Column(
        type="category",
        values=("b", "a"),
        label=WORDS,
        idea="work",
        known="at_decision",
    ),
    "sent_on": Column(type="flag", label=WORDS, role="route", known="at_decision"),
}
SPEC = small_spec().model_copy(update={"columns": COLUMNS, "history": None})


def cases(**columns):
    table = {"years": [1.0], "asked": [True], "kind": ["a"], "sent_on": [True]}
    table |= columns
    n = len(next(iter(columns.values()), [1]))
    rows = {name: (v * n)[:n] if len(v) == 1 else v for name, v in table.items()}
    return pd.DataFrame({"case_id": [f"case {i}" for i in range(n)], **rows})


def built(table):
    return build_features(SPEC, table, None)


def test_a_category_is_the_place_among_its_values_and_missing_is_missing():
    found = built(cases(kind=["a", "b", None]))["kind"]
    assert found.tolist()[:2] == [1, 0]
    assert math.isnan(found.iloc[2])
    many = built(cases(kind=["a", "b", None] * 10))["kind"]
    assert many.tolist()[3:5] == [1, 0]
    assert np.isnan(many.tolist()[5::3]).all()


@pytest.mark.parametrize(
    "values",
    [
        pd.array([True, False, None], dtype="boolean"),
        np.array([True, False, None], dtype=object),
        np.array([1.0, 0.0, math.nan]),
        pd.array([1, 0, None], dtype="Int64"),
    ],
    ids=["boolean", "object", "float", "integer"],
)
def test_a_flag_is_one_nought_or_missing_however_it_comes(values):
    found = built(cases(asked=list(values)).assign(asked=values))["asked"]
    assert found.tolist()[:2] == [1, 0]
    assert math.isnan(found.iloc[2])


def test_route_columns_and_undeclared_columns_are_no_features():
    found = built(cases().assign(undeclared=3))
    assert found.columns.tolist() == ["years", "asked", "kind"]


def test_cases_without_dates_or_persons_have_features_where_there_is_no_history():
    assert built(cases(years=[4.0, 5.0]))["years"].tolist() == [4, 5]


def test_a_declared_column_that_is_not_there_is_named():
    with pytest.raises(TableError, match="years"):
        built(cases().drop(columns="years"))


def test_a_value_that_is_not_allowed_is_counted_not_shown():
    with pytest.raises(TableError, match=r"kind .* in 2 rows") as error:
        built(cases(kind=["a", "secret", "secret"]))
    assert "secret" not in str(error.value)
