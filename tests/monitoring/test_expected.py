import numpy as np
import pytest

from riskscreen.monitoring.expected import expect_by_quarter, expect_figures


def test_the_expected_figures_are_those_of_all_outcomes_weighed_by_their_chance():
    risk = np.random.default_rng(1).uniform(0.05, 0.9, 40)
    found = expect_figures(risk)
    right = all_pairs = 0.0
    for one in risk:
        for other in risk:
            chance = one * (1 - other)
            all_pairs += chance
            right += chance * ((one > other) + (one == other) / 2)
    assert found["auc"].value == pytest.approx(right / all_pairs)
    brier = (risk * (1 - risk) ** 2 + (1 - risk) * risk**2).mean()
    assert found["brier"].value == pytest.approx(brier)
    assert found["base_rate"].value == pytest.approx(risk.mean())


@pytest.mark.slow
def test_what_is_seen_later_lies_in_the_interval_nine_times_of_ten():
    """120 quarters of calibrated risks: 90 % are 108, SD 3.3; brier and share."""
    draw, inside = np.random.default_rng(2), {"base_rate": 0, "brier": 0}
    for _ in range(120):
        risk = draw.beta(2, 4, 150)
        long = draw.random(150) < risk
        seen = {"base_rate": long.mean(), "brier": ((long - risk) ** 2).mean()}
        found = expect_figures(risk, seed=int(draw.integers(1 << 30)))
        for name, value in seen.items():
            inside[name] += found[name].low <= value <= found[name].high
    assert all(99 <= n <= 117 for n in inside.values()), inside


def test_a_risk_of_0_or_1_leaves_nothing_open():
    risk = np.repeat([0.0, 1.0], 20)
    seen = {name: of.value for name, of in expect_figures(risk).items()}
    assert seen == {"base_rate": 0.5, "auc": 1.0, "brier": 0.0}


def test_of_few_nothing_is_expected_and_quarters_come_by_time():
    assert expect_figures(np.full(6, 0.1)) == {}
    risk = np.concatenate([np.full(50, 0.4), np.full(5, 0.5)])
    quarters = np.array(["2024-Q2"] * 50 + ["2024-Q1"] * 5)
    first, second = expect_by_quarter(risk, quarters)
    assert (first.quarter, first.figures) == ("2024-Q1", {})
    assert second.quarter == "2024-Q2"
    assert second.figures["base_rate"].value == pytest.approx(0.4)
