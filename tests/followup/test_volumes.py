from itertools import pairwise

import pandas as pd
import pytest

from riskscreen.followup.volumes import measure_programme, select_period
from riskscreen.validation.follow_up import RESULTS
from tests.followup.tables import checked


def volumes(*rows):
    return checked("volumes", [{"team": "Nord", "programme": "F", **r} for r in rows])


WRITTEN_OUT = volumes(
    # January (31 days): ten citizens all month, and one who came on the 22nd.
    {"month": "2019-01", "person_days": 10 * 31 + 10, "entries": 1, "other_users": 0,
     "closings_recovered": 0, "closings_flex_job": 0, "price_a_week": 700},
    # February (28): the eleven, of whom one left after 14 days, and two more came.
    {"month": "2019-02", "person_days": 10 * 28 + 14 + 2 * 7, "entries": 2,
     "other_users": 1, "closings_recovered": 1, "closings_flex_job": 0,
     "price_a_week": 700},
)  # fmt: skip


def test_the_written_out_table_is_counted_as_by_hand():
    found = measure_programme(WRITTEN_OUT)
    assert found.full_year_persons == pytest.approx((320 + 308) / 59)
    assert (found.entries, found.other_users, found.closings) == (3, 1, 1)
    # 10.64 attached, one closed in 2/12 of 52 weeks.
    weeks = 2 / 12 * 52
    assert found.stay_weeks == pytest.approx(628 / 59 * weeks)
    assert found.cost_a_week == pytest.approx(628 / 59 * 700)
    assert found.cost == pytest.approx(628 / 59 * 700 * weeks)
    assert found.cost_a_course == pytest.approx(found.stay_weeks * 700)
    assert found.places_a_week == pytest.approx(3 / weeks)
    assert found.net_places_a_week == pytest.approx(2 / weeks)
    assert found.months == 2


def roskilde(attached, *, entries=725, closings=750, other_users=200):
    """Return a year of Fønix as the evaluation states it, spread over its months."""
    months = pd.period_range("2019-01", "2019-12", freq="M")
    shares = [12 * n // 12 for n in range(13)]

    def spread(total):
        parts = [total * n // 12 for n in shares]
        return [b - a for a, b in pairwise(parts)]

    rows = zip(
        months, spread(entries), spread(closings), spread(other_users), strict=True
    )
    return volumes(
        *(
            {"month": str(month), "person_days": attached * month.days_in_month,
             "entries": came, "closings_recovered": left, "other_users": others,
             "price_a_week": 700, "caseload": 425}
            for month, came, left, others in rows
        )
    )  # fmt: skip


@pytest.mark.slow
def test_full_year_persons_price_and_stay_of_the_year_are_the_evaluations():
    found = measure_programme(roskilde(413))
    assert found.full_year_persons == pytest.approx(413)
    assert found.full_year_persons / 350 == pytest.approx(1.18, abs=0.005)
    assert found.cost_a_week == pytest.approx(413 * 700)
    assert found.cost == pytest.approx(15.0e6, rel=0.005)  # 413 × 52 × 700
    assert found.stay_weeks == pytest.approx(28.6, abs=0.05)
    assert (found.entries, found.closings) == (725, 750)
    assert round(found.places_a_week) == 14
    assert found.net_places_a_week == pytest.approx((725 - 200) / 52)


def test_of_425_attached_who_close_750_a_year_each_stays_29_and_a_half_weeks():
    found = measure_programme(roskilde(425))
    assert found.stay_weeks == pytest.approx(29.5, abs=0.05)
    assert found.cost_a_course == pytest.approx(20_600, rel=0.005)


def test_what_is_not_delivered_is_not_stated_and_never_zero():
    found = measure_programme(volumes({"month": "2019-01", "entries": 5}))
    told = {name: n for name, n in found.list_figures().items() if n is not None}
    assert told.keys() == {"entries", "places_a_week"}


def test_a_month_in_which_one_row_is_silent_does_not_count_for_that_figure():
    rows = volumes(
        {"month": "2019-01", "entries": 5, "person_days": 310},
        {"month": "2019-02", "entries": 7, "person_days": ""},
        {"month": "2019-01", "entries": 6, "person_days": 310, "team": "Syd"},
        {"month": "2019-02", "entries": 8, "person_days": 280, "team": "Syd"},
    )
    found = measure_programme(rows)
    assert found.entries == 26
    assert found.full_year_persons == pytest.approx(20)
    assert found.counted_months["entries"] == 2
    assert found.counted_months["full_year_persons"] == 1


@pytest.mark.slow
def test_figures_are_of_the_newest_twelve_months_and_a_target_ahead_is_none():
    months = [str(m) for m in pd.period_range("2018-01", "2019-12", freq="M")]
    rows = [{"month": month, "entries": 1} for month in months]
    rows.append({"month": "2020-06", "target": 145})
    found = measure_programme(select_period(volumes(*rows)))
    assert (found.months, found.entries) == (12, 12)
    assert found.last_month == pd.Timestamp("2019-12-01")
    assert select_period(volumes({"month": "2020-06", "target": 145})).empty


def test_every_result_that_closes_a_course_is_counted_among_the_closings():
    row = {f"closings_{result}": n for n, result in enumerate(RESULTS, start=1)}
    found = measure_programme(volumes({"month": "2019-01", **row}))
    assert found.closings == sum(range(1, len(RESULTS) + 1))
