"""What became of each case by its horizon, as the specification's rule has it."""

from riskscreen.outcomes.derive import (
    LEVELS,
    convert_ready_outcomes,
    derive_horizon_outcomes,
    derive_outcomes,
    derive_states_by_week,
)
from riskscreen.outcomes.durations import (
    convert_durations,
    describe_censoring,
)
from riskscreen.outcomes.end_states import look_up_states, name_end_states
from riskscreen.outcomes.kernel import IS_CENSORED, IS_COMPETING, IS_LONG, IS_NOT_LONG
from riskscreen.outcomes.label_noise import count_label_flips

__all__ = [
    "IS_CENSORED",
    "IS_COMPETING",
    "IS_LONG",
    "IS_NOT_LONG",
    "LEVELS",
    "convert_durations",
    "convert_ready_outcomes",
    "count_label_flips",
    "derive_horizon_outcomes",
    "derive_outcomes",
    "derive_states_by_week",
    "describe_censoring",
    "look_up_states",
    "name_end_states",
]
