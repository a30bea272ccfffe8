from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.documents.pages.formats import (
    choose_total,
    format_date,
    format_people,
    format_short_date,
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
        said = format_people(risk, DANISH, total=choose_total(risk))
        assert "0 ud af" not in said.replace("20 ud af", "")
        assert "20 ud af 20" not in said


def test_two_risks_beside_each_other_are_counted_of_the_same_number():
    assert choose_total(0.42, 0.28) == 10
    assert choose_total(0.05, 0.28) == choose_total(0.42, 0.97) == 20


def test_dates_and_points_are_written_as_the_language_does():
    assert format_date(date(2025, 12, 24), DANISH) == "24. december 2025"
    assert format_date(date(2025, 5, 4), ENGLISH) == "4 May 2025"
    assert format_short_date(date(2025, 12, 24), DANISH) == "24. dec. 2025"


@pytest.mark.slow
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
