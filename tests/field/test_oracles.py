"""Values that another program wrote, read as what they are."""

from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import ScreeningError
from riskscreen.evaluation import EvaluationCases
from riskscreen.validation.parsing import read_dates, read_texts

MONDAYS = [date(2021, 1, 4), date(2021, 7, 5)]


def moments(zone):
    """The Danish midnights of two Mondays, winter and summer, as *zone* has them."""
    danish = pd.Series(pd.to_datetime(MONDAYS)).dt.tz_localize("Europe/Copenhagen")
    return danish.dt.tz_convert(zone)


@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "UTC", "Asia/Tokyo", None])
def test_a_danish_midnight_is_its_own_day_in_any_zone(zone):
    column = moments(zone) if zone else pd.Series(pd.to_datetime(MONDAYS))
    assert [day.date() for day in read_dates(column).values] == MONDAYS


@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "UTC"])
def test_cases_queue_in_the_danish_week_of_their_moment(zone):
    plain = EvaluationCases.from_columns(
        [0, 1], decision_date=pd.Series(pd.to_datetime(MONDAYS))
    )
    try:
        weeks = EvaluationCases.from_columns([0, 1], decision_date=moments(zone)).week
    except ScreeningError:
        return  # to refuse such moments in words is right, too
    assert weeks.tolist() == plain.week.tolist()


@pytest.mark.parametrize("kind", [object, "str", "string", "category"])
def test_a_missing_identifier_is_no_text(kind):
    """pandas 2 made the person "None" of it."""
    column = pd.Series(["1001", None, "  ", "1002"], name="person_id", dtype=kind)
    assert read_texts(column).values.isna().tolist() == [False, True, True, False]
