import numpy as np
import pandas as pd
import pytest

from riskscreen.arrivals import find_log_odds_with, name_units
from riskscreen.training.model_parts.arrival_counts import (
    FEWEST_ARRIVALS,
    count_arrivals,
)

SINCE, UNTIL = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-12-30")


def arrived(n, *, town="Nord", team="A", persons=None, seed=0):
    """(log-odds, units, persons, days) of *n* cases of one year."""
    draw = np.random.default_rng([seed, n])
    days = pd.Series(SINCE + pd.to_timedelta(draw.integers(0, 364, n), unit="D"))
    units = name_units(pd.Series([town] * n), pd.Series([team] * n))
    who = np.array([f"{town}{team}{i % (persons or n)}" for i in range(n)])
    return draw.normal(-1, 1, n), units, who, days


def counted(*groups, since=SINCE, until=UNTIL):
    parts = list(zip(*groups, strict=True))
    days = pd.concat(parts[3], ignore_index=True)
    log_odds, units, who = (np.concatenate(part) for part in parts[:3])
    return count_arrivals(log_odds, units, who, days, since=since, until=until)


def test_every_bin_is_of_five_persons_and_every_count_of_fives():
    log_odds, units, who, days = arrived(600, persons=70)
    (bins,) = counted((log_odds, units, who, days)).bins
    place = np.searchsorted(bins.edges[1:-1], log_odds, side="right")
    for one in range(len(bins.counts)):
        assert len(set(who[place == one])) >= 5
    assert all(count % 5 == 0 for count in bins.counts)
    assert sum(bins.counts) == 600


def test_no_edge_is_a_persons_own_risk_not_even_the_outermost():
    """One outlier beyond all others moves the last edge by its part in a mean alone."""
    log_odds, units, who, days = arrived(400)
    log_odds[7] = 9.37
    (bins,) = counted((log_odds, units, who, days)).bins
    assert all(abs(edge / 0.05 - round(edge / 0.05)) < 1e-6 for edge in bins.edges)
    assert bins.edges[-1] < 9


def test_counts_between_edges_follow_those_of_a_plain_count():
    log_odds, units, who, days = arrived(5000)
    (bins,) = counted((log_odds, units, who, days)).bins
    for at in (-3.0, -1.5, -0.2, 0.4, 1.1):
        assert bins.count_from(at) == pytest.approx((log_odds >= at).sum(), abs=25)


def test_a_threshold_is_found_at_which_so_many_arrive():
    log_odds, units, who, days = arrived(5000)
    found = find_log_odds_with(counted((log_odds, units, who, days)).bins, 730)
    assert (log_odds >= found).sum() == pytest.approx(730, rel=0.02)
    assert find_log_odds_with((), 3) == -np.inf
    assert find_log_odds_with(counted(arrived(120)).bins, 500) == -np.inf


def test_small_units_lie_together_so_that_none_follows_by_subtraction():
    arrivals = counted(
        arrived(400),
        arrived(30, team="B"),
        arrived(20, team="C"),
        arrived(FEWEST_ARRIVALS - 1, town="Syd"),
        arrived(60, town="Vest", team="B"),
    )
    assert {bins.unit: sum(bins.counts) for bins in arrivals.bins} == {
        "": 160,
        "Nord": 50,
        "Nord/A": 400,
    }
    assert (arrivals.municipalities, arrivals.teams) == (3, 5)
    assert arrivals.list_units("municipality") == ["Nord"]
    assert arrivals.list_units("team") == ["Nord/A"]
    assert sum(sum(b.counts) for b in arrivals.find_bins("Nord")) == 450


def test_a_rest_of_fewer_than_five_persons_is_not_kept():
    arrivals = counted(arrived(400), arrived(4, town="Syd"))
    assert [bins.unit for bins in arrivals.bins] == ["Nord/A"]
    merged = counted(arrived(400), arrived(4, team="B"), arrived(40, town="Syd"))
    assert {b.unit: sum(b.counts) for b in merged.bins} == {"": 45, "Nord/A": 400}


def test_only_the_window_counts_and_a_score_that_is_not_shown_does_not():
    log_odds, units, who, days = arrived(600)
    half = pd.Timestamp("2024-07-01")
    log_odds[(days >= half).to_numpy()] = np.nan
    arrivals = counted((log_odds, units, who, days), until=half)
    assert arrivals.n == pytest.approx((days < half).sum(), abs=2)
    assert arrivals.weeks == pytest.approx(26)
    assert (arrivals.first_day, arrivals.last_day) == ("2024-01-01", "2024-06-30")


def test_few_units_are_named_as_many_are():
    town, team = pd.Series(["Kaj Hansen", "Nord"]), pd.Series(["A", "Team Nord"])
    many = name_units(pd.concat([town] * 15), pd.concat([team] * 15))
    assert many.tolist() == name_units(town, team).tolist() * 15


def test_a_name_that_may_not_be_told_stands_as_its_digest():
    town = pd.Series(["Kaj Hansen", "Nord", "Kaj Hansen"])
    units = name_units(town, pd.Series(["A", "A", "B"]))
    assert units[1] == "Nord/A"
    assert units[0].partition("/")[0] == units[2].partition("/")[0]
    assert "Kaj" not in units[0]
