"""Keys of a specification that were renamed or moved: an old file is told where to."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

_MONOTONE = 'monotone, "increasing" or "decreasing"'
_SLOPE = "calibration_slope_at_least, and calibration_slope_at_most beside it"
RETIRED_KEYS = {
    "abstain.beyond_range_at_most": "out_of_range_at_most",
    "abstain.carries_at_least": "contribution_share_at_least",
    "cannot_see": "unobserved",
    "columns.*.direction": _MONOTONE,
    "columns.*.missing": "nullable",
    "delivery.max_cases_a_person": "max_cases_per_person",
    "estimator.column_share": "feature_fraction",
    "estimator.history_gain": "history_gain_factor",
    "estimator.max_leaves": "num_leaves",
    "estimator.min_rows_in_leaf": "min_data_in_leaf",
    "estimator.ridge": "lambda_l2",
    "estimator.row_share": "bagging_fraction",
    "estimator.search_trials": "tuning_trials",
    "gates.calibration_slope_interval_contains": _SLOPE,
    "gates.judged_by": "evaluated_by",
    "gates.one_column_share_at_most": "column_contribution_share_at_most",
    "gates.smallest_judged_group": "smallest_evaluated_group",
    "gates.worse_brier_at_most": "brier_increase_at_most",
    "gates.worse_log_loss_at_most": "log_loss_increase_at_most",
    "history.groups.*.direction": _MONOTONE,
    "history.groups.*.of": "code_groups",
    "outcome.left": "competing",
    "split.later_share": "holdout_share",
}
"""What each renamed key is called now; ``*`` stands for any name."""
MOVED_KEYS = {"capacity": "[places.<target>] of the site's site.toml"}
"""Keys that no specification states any more, and where they are stated now."""


def find_successor(key: Sequence[str | int]) -> str | None:
    """Return the name that the key at this place has now, or None if it had no other.

    >>> find_successor(("history", "groups", "sickness", "of"))
    'code_groups'
    """
    path = ".".join(map(str, key))
    names = (new for old, new in RETIRED_KEYS.items() if fnmatchcase(path, old))
    return next(names, None)
