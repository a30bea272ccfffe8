"""Whatever a program hands over or has set: the same scores, or one error of ours."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskscreen.errors import ScreeningError, TableError
from tests.field import base
from tests.field.doors import score_frames


def danish(column):
    return pd.to_datetime(column, format="%d-%m-%Y")


def arrow(kind):
    return pd.ArrowDtype(kind)


def with_dates(kind):
    """The base with its dates in another type of Arrow's."""

    def hand_over(cases, history):
        dated = {n: danish(cases[n]) for n in ("start_date", "decision_date")}
        stamps = {n: s.astype(arrow(pa.timestamp("us"))) for n, s in dated.items()}
        return cases.assign(**{n: s.astype(kind) for n, s in stamps.items()}), history

    return hand_over


SAME = {
    "an index called line, of texts": lambda c, h: (
        c.set_index("case_id", drop=False).rename_axis("line"),
        h,
    ),
    "an index called line, of numbers": lambda c, h: (
        c.set_axis(range(900, 912)).rename_axis("line"),
        h.set_axis(range(len(h), 0, -1)).rename_axis("line"),
    ),
    "an index called as a column": lambda c, h: (
        c.set_index("case_id", drop=False),
        h.set_index("person_id", drop=False),
    ),
    "an index of two": lambda c, h: (c.set_index(["case_id", "team"], drop=False), h),
    "an index of one value": lambda c, h: (c.set_axis([0] * 12), h.set_axis([0] * 27)),
    "a column of nobody's twice": lambda c, h: (
        pd.concat([c.assign(x=1), c.assign(x=2)[["x"]]], axis=1),
        h,
    ),
    "columns with a name": lambda c, h: (c.rename_axis("case_id", axis=1), h),
    "columns as categories": lambda c, h: (
        c.set_axis(pd.CategoricalIndex(c.columns), axis=1),
        h,
    ),
    "odd objects in columns of nobody's": lambda c, h: (
        c.astype(object).assign(
            x=pd.Series(["\udfff"] * 12, dtype=object),
            y=[Decimal("sNaN")] * 12,
            z=[h] * 12,
        ),
        h,
    ),
    "categories": lambda c, h: (c.astype("category"), h.astype("category")),
    "texts as objects": lambda c, h: (c.astype(object), h.astype(object)),
    "everything of Arrow": lambda c, h: (
        c.convert_dtypes(dtype_backend="pyarrow"),
        h.convert_dtypes(dtype_backend="pyarrow"),
    ),
    "dates of Arrow, 32 bits": with_dates(arrow(pa.date32())),
    "dates of Arrow, 64 bits": with_dates(arrow(pa.date64())),
    "moments of Arrow": with_dates(arrow(pa.timestamp("ms"))),
}
ODD = {
    "a number as a date": lambda c, h: (c.assign(age_at_intake=date(2020, 1, 1)), h),
    "a number as a moment": lambda c, h: (
        c.assign(age_at_intake=pd.Timestamp("2020-01-01")),
        h,
    ),
    "a number as a length of time": lambda c, h: (
        c.assign(age_at_intake=pd.Timedelta(days=3)),
        h,
    ),
    "a list in each cell": lambda c, h: (c.assign(age_at_intake=[[1]] * 12), h),
    "a flag as a date": lambda c, h: (
        c.assign(employed_at_intake=pd.Timestamp("2020-01-01")),
        h,
    ),
    "halves of letters as a case number": lambda c, h: (
        c.astype(object).assign(case_id=pd.Series(["\ud800"] * 12, dtype=object)),
        h,
    ),
    "a date as a flag": lambda c, h: (c.assign(start_date=True), h),
    "no person_id": lambda c, h: (c.drop(columns="person_id"), h),
    "no person_id in the history": lambda c, h: (c, h.drop(columns="person_id")),
    "columns without names": lambda c, h: (c.set_axis(range(c.shape[1]), axis=1), h),
    "columns of two levels": lambda c, h: (pd.concat({"a": c}, axis=1), h),
    "a column twice": lambda c, h: (pd.concat([c, c[["team"]]], axis=1), h),
    "a date of registration twice": lambda c, h: (
        c,
        pd.concat([h, h[["registered_on"]]], axis=1),
    ),
    "a list of rows": lambda c, h: (c.to_dict("records"), h),
    "a row": lambda c, h: (c.iloc[0], h),
    "nothing": lambda _, h: (None, h),
    "a history that is none": lambda c, _: (c, [1]),
}


@pytest.mark.parametrize("how", SAME)
def test_the_same_rows_have_the_same_scores_however_they_are_held(
    loaded, frames, clean, how
):
    run = score_frames(loaded, *SAME[how](*frames))
    assert run.code == 0
    assert run.risks() == pytest.approx(clean.risks(), abs=1e-9)


@pytest.mark.parametrize("how", ODD)
def test_what_is_no_table_of_cases_is_an_error_of_ours_or_set_aside(
    loaded, frames, how
):
    run = score_frames(loaded, *ODD[how](*frames))
    assert run.code in (3, TableError.exit_code)
    assert not run.scores
    assert "S0000101" not in run.said


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("mode.string_storage", "python"),
        ("mode.string_storage", "pyarrow"),
        ("future.infer_string", False),
        ("future.distinguish_nan_and_na", True),
        ("future.python_scalars", True),
        ("compute.use_numexpr", False),
        ("compute.use_bottleneck", False),
        ("display.max_rows", 1),
        ("display.precision", 1),
    ],
)
@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")
def test_the_callers_pandas_changes_no_score_and_stays_as_it_is(
    loaded, clean, option, value
):
    with pd.option_context(option, value):
        frames = pd.DataFrame(base.cases()), pd.DataFrame(base.history())
        run = score_frames(loaded, *frames)
        assert pd.get_option(option) == value
    assert run.code == 0
    assert run.risks() == pytest.approx(clean.risks(), abs=1e-9)


def test_the_callers_numpy_changes_no_score(loaded, frames, clean):
    with np.errstate(all="raise"):
        run = score_frames(loaded, *frames)
    assert run.risks() == pytest.approx(clean.risks(), abs=1e-9)


def test_a_day_that_is_a_text_is_told(loaded, frames):
    with pytest.raises(ScreeningError, match="date"):
        loaded.score(*frames, as_of="2025-01-06")
