from dataclasses import replace

import numpy as np
import pandas as pd

from riskscreen.training.model_parts.end_states import describe_end_states
from tests.made_up import prepared_of
from tests.scored_cases import specification


def test_the_states_are_counted_within_each_outcome_of_the_calibration_cases():
    spec = specification("long_absence")
    n = 400
    place = np.arange(n)
    outcome = np.select(
        [place % 10 == 0, place % 2 == 1], ["competing event", "long"], "not long"
    )
    group = np.select(
        [place % 10 == 0, place % 4 == 1, place % 2 == 1],
        ["doed", "fleksjob", "sygedagpenge"],
        "selvforsoergelse",
    )
    made = prepared_of(n)
    outcomes = made.outcomes.assign(outcome=outcome, end_group=group)
    dataset = replace(made, spec=spec, outcomes=outcomes)
    log_odds = np.linspace(-2, 2, 200)
    found = describe_end_states(dataset, np.arange(200, 400), log_odds)
    totals = {
        name: pd.DataFrame(bins["counts"]).sum().to_dict()
        for name, bins in found.items()
    }
    assert totals == {
        "long": {"clarified": 50, "sick": 50},
        "not_long": {"work": 75},  # five times 16, each to the nearest five
        "left": {"left": 20},
    }


def test_a_target_without_end_states_has_none():
    made = prepared_of(50)
    assert describe_end_states(made, np.arange(50), np.zeros(50)) == {}
