from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.documents.pages.formats import (
    choose_total,
    format_date,
    format_days_left,
    format_people,
    format_percent,
    format_points,
    round_to_total,
)
from riskscreen.documents.texts import DANISH, ENGLISH


@pytest.mark.parametrize(
    ("risk", "da", "en"),
    [
        (0.004, "færre end 1 ud af 20", "fewer than 1 in 20"),
        (0.024, "færre end 1 ud af 20", "fewer than 1 in 20"),
        (0.05, "ca. 1 ud af 20", "about 1 in 20"),
        (0.08, "ca. 1 ud af 10", "about 1 in 10"),
        (0.349, "ca. 3 ud af 10", "about 3 in 10"),
        (0.35, "ca. 4 ud af 10", "about 4 in 10"),
        (0.92, "ca. 9 ud af 10", "about 9 in 10"),
        (0.95, "ca. 19 ud af 20", "about 19 in 20"),
        (0.999, "flere end 19 ud af 20", "more than 19 in 20"),
    ],
)
def test_a_risk_reads_as_a_count_of_people(risk, da, en):
    assert format_people(risk, DANISH, total=choose_total(risk)) == da
    assert format_people(risk, ENGLISH, total=choose_total(risk)) == en


def test_nobody_is_ever_promised_none_or_all():
    for risk in (0.0, 1.0, 1e-9, 1 - 1e-9):
        said = format_people(risk, DANISH, total=choose_total(risk)) + format_percent(
            risk, DANISH
        )
        assert "0 ud af" not in said.replace("20 ud af", "")
        assert "20 ud af 20" not in said
        assert "100 %" not in said


def test_two_risks_beside_each_other_are_counted_of_the_same_number():
    assert choose_total(0.42, 0.28) == 10
    assert choose_total(0.05, 0.28) == choose_total(0.42, 0.97) == 20


def test_a_passed_deadline_is_told_without_reproach():
    assert format_days_left(-1, DANISH) == "for 1 dag siden – er det sket?"
    assert format_days_left(-12, ENGLISH) == "12 days ago – has it been done?"
    assert format_days_left(0, ENGLISH) == "today"
    assert format_days_left(14, DANISH) == "14 dage igen"


@pytest.mark.parametrize(
    ("days", "told"),
    [(730, "730 dage igen"), (731, "ca. 2 år igen"), (1799, "ca. 5 år igen")],
)
def test_a_deadline_that_is_years_off_is_told_in_years(days, told):
    assert format_days_left(days, DANISH) == told


def test_dates_and_points_are_written_as_the_language_does():
    assert format_date(date(2025, 12, 24), DANISH) == "24. december 2025"
    assert format_date(date(2025, 5, 4), ENGLISH) == "4 May 2025"
    assert format_points(-125, DANISH) == "−12,5"
    assert format_points(3, ENGLISH) == "+0.3"


@given(
    st.lists(st.floats(-300, 300), max_size=30),
    st.floats(-0.99, 0.99),
)
def test_whole_figures_sum_to_their_total_and_move_by_less_than_one(values, off):
    total = round(sum(values) + off) if values else 0
    if abs(total - sum(values)) >= 1:
        return
    shown = round_to_total(values, total=total)
    assert sum(shown) == total
    assert all(abs(s - v) < 1 + 1e-6 for s, v in zip(shown, values, strict=True))
