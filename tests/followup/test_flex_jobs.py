import pytest

from riskscreen.followup.flex_jobs import measure_flex_jobs
from tests.followup.tables import checked


def jobs(pairs):
    rows = [
        {"case_id": f"c{n}", "team": "A", "weekly_hours_start": start,
         "weekly_hours_latest": latest}
        for n, (start, latest) in enumerate(pairs)
    ]  # fmt: skip
    return checked("follow_up", rows)


@pytest.mark.slow
def test_one_in_four_has_at_most_5_hours_and_six_in_ten_at_most_10():
    """As Jobindsats has it in Rundt om fleksjob (2017)."""
    pairs = [(n % 5 + 1, 12) for n in range(25)] + [(6, 12)] * 20 + [(10, 12)] * 15
    found = measure_flex_jobs(jobs(pairs + [(10.5, 12)] * 40))
    counts = found.start.to_json()["all"]
    assert counts == {"up_to_5": 25, "6_to_10": 35, "over_10": 40, "of": 100}
    assert found.latest.find(None, "over_10") == 100


def test_of_the_last_hires_19_have_more_hours_70_the_same_and_7_fewer():
    pairs = [(8, 12)] * 19 + [(8, 8)] * 70 + [(8, 6)] * 7 + [(8, "")] * 5
    change = measure_flex_jobs(jobs(pairs)).change.to_json()["all"]
    assert change == {"more": 19, "same": 70, "fewer": 7, "not_stated": 5, "of": 101}


@pytest.mark.slow
def test_the_change_is_told_by_the_hours_at_the_start_too():
    pairs = [(4, 8)] * 10 + [(4, 4)] * 10 + [(20, 20)] * 12
    by_hours = measure_flex_jobs(jobs(pairs)).change_by_hours
    assert by_hours.find("up_to_5", "more") == 10
    assert by_hours.find("over_10", "more") == 0


def test_without_hours_at_the_start_there_is_nothing_to_measure():
    assert measure_flex_jobs(jobs([("", 10)])) is None
