"""The specification of one target, read from one reviewed file in models/."""

from riskscreen.spec.columns import UNITS, Column
from riskscreen.spec.conditions import ColumnCondition
from riskscreen.spec.groups import (
    GroupKind,
    check_groups,
    check_site_groups,
    classify_code_groups,
    list_facts,
    list_named_groups,
    list_rules,
)
from riskscreen.spec.landmarks import Landmark
from riskscreen.spec.model import Baseline, EstimatorSettings, Gates, SplitSettings
from riskscreen.spec.outcome import History, HistoryGroup, Horizon, Outcome
from riskscreen.spec.population import (
    ALREADY_OVER,
    OBJECTED,
    OUTSIDE,
    ClockRoute,
    Route,
    RunRoute,
    StateRoute,
)
from riskscreen.spec.reading import read_specification
from riskscreen.spec.resolved import SHIPPED_MODELS, list_targets
from riskscreen.spec.specification import Specification
from riskscreen.spec.tables import DatedTable
from riskscreen.spec.use import Abstain
from riskscreen.spec.words import Monotone, Words

__all__ = [
    "ALREADY_OVER",
    "OBJECTED",
    "OUTSIDE",
    "SHIPPED_MODELS",
    "UNITS",
    "Abstain",
    "Baseline",
    "ClockRoute",
    "Column",
    "ColumnCondition",
    "DatedTable",
    "EstimatorSettings",
    "Gates",
    "GroupKind",
    "History",
    "HistoryGroup",
    "Horizon",
    "Landmark",
    "Monotone",
    "Outcome",
    "Route",
    "RunRoute",
    "Specification",
    "SplitSettings",
    "StateRoute",
    "Words",
    "check_groups",
    "check_site_groups",
    "classify_code_groups",
    "list_facts",
    "list_named_groups",
    "list_rules",
    "list_targets",
    "read_specification",
]
