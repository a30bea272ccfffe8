"""What to do about a model, in one word and with the reasons a person can act on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from riskscreen.evaluation import Estimate
from riskscreen.monitoring.bounds import CALIBRATION, CODES, COLUMNS, DELIVERY, INTERIM
from riskscreen.monitoring.columns import MISSING
from riskscreen.monitoring.e_process import FigureEvidence
from riskscreen.spec import Gates

Action = Literal["nothing", "recalibrate", "retrain", "stop"]
ACTIONS: tuple[Action, ...] = ("nothing", "recalibrate", "retrain", "stop")
"""From the mildest to the strongest; the strongest that a reason asks for is taken."""

Ground = Literal[
    "stale",
    "no_cases",
    "column_missing",
    "column_moved",
    "column_unheard",
    "code_moved",
    "abstained_moved",
    "no_order",
    "wrong_slope",
    "wrong_level",
    "interim_moved",
    "labels_outdated",
]
_ACTION: Mapping[Ground, Action] = {
    "stale": "stop",
    "no_cases": "stop",
    "column_missing": "stop",
    "no_order": "stop",
    "column_moved": "retrain",
    "code_moved": "retrain",
    "abstained_moved": "retrain",
    "wrong_slope": "retrain",
    "wrong_level": "recalibrate",
    "interim_moved": "recalibrate",
    "labels_outdated": "recalibrate",
    "column_unheard": "nothing",
}


@dataclass(frozen=True, slots=True)
class ActionReason:
    """Why: the ground, which columns or codes it is about, and since which month."""

    ground: Ground
    names: tuple[str, ...] = ()
    since: str | None = None

    @property
    def action(self) -> Action:
        """What the ground alone asks for."""
        return _ACTION[self.ground]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The one thing to do, and every reason, the strongest first."""

    action: Action
    reasons: tuple[ActionReason, ...]


@dataclass(frozen=True, slots=True)
class MonitoringFindings:
    """What a recommendation rests on.

    ``evidence`` is by figure; ``importance`` each column's share of what the model
    listens to; ``matured`` the metrics of the matured cases, if there are any.
    """

    evidence: Mapping[str, FigureEvidence]
    importance: Mapping[str, float]
    matured: Mapping[str, Estimate]
    stale: bool = False
    no_cases_since: str | None = None
    labels_outdated: bool = False


def recommend(
    findings: MonitoringFindings, gates: Gates, *, listened_to: float
) -> Recommendation:
    """Recommend what the strongest of all reasons asks for.

    *listened_to* is the share of the contributions from which a column counts. A column
    that moved and that the model does not listen to is told, and asks for nothing.
    """
    reasons = [
        *_judge_delivery(findings, listened_to),
        *_judge_outcomes(findings, gates),
    ]
    reasons.sort(key=lambda reason: -ACTIONS.index(reason.action))
    strongest = reasons[0].action if reasons else "nothing"
    return Recommendation(strongest, tuple(reasons))


def _judge_delivery(
    findings: MonitoringFindings, listened_to: float
) -> Iterator[ActionReason]:
    if findings.stale:
        yield ActionReason("stale")
    if findings.no_cases_since:
        yield ActionReason("no_cases", since=findings.no_cases_since)
    columns = findings.evidence[COLUMNS]
    if columns.alarm_from:
        cells = [tuple(name.rsplit(": ", 1)) for name in columns.leading]
        moved = tuple(dict.fromkeys(column for column, _ in cells))
        missing = tuple(column for column, cell in cells if cell == MISSING)
        heard = [c for c in moved if findings.importance.get(c, 1.0) >= listened_to]
        ground: Ground = "column_moved" if heard else "column_unheard"
        if missing and set(missing) & set(heard):
            ground, moved = "column_missing", missing
        yield ActionReason(ground, moved, columns.alarm_from)
    alarms: tuple[tuple[str, Ground], ...] = (
        (CODES, "code_moved"),
        (DELIVERY, "abstained_moved"),
    )
    for figure, ground in alarms:
        evidence = findings.evidence[figure]
        if evidence.alarm_from:
            yield ActionReason(ground, evidence.leading, evidence.alarm_from)


def _judge_outcomes(
    findings: MonitoringFindings, gates: Gates
) -> Iterator[ActionReason]:
    auc = findings.matured.get("auc")
    if auc and auc.high is not None and auc.high < gates.auc_at_least:
        yield ActionReason("no_order")
    calibration = findings.evidence[CALIBRATION]
    if calibration.alarm_from:
        slope = findings.matured.get("calibration_slope")
        outside = slope is not None and _lies_outside(slope, gates)
        ground: Ground = "wrong_slope" if outside else "wrong_level"
        yield ActionReason(ground, since=calibration.alarm_from)
    interim = findings.evidence[INTERIM]
    if interim.alarm_from:
        yield ActionReason("interim_moved", interim.leading, interim.alarm_from)
    if findings.labels_outdated:
        yield ActionReason("labels_outdated")


def _lies_outside(slope: Estimate, gates: Gates) -> bool:
    """Return whether the whole interval of the slope lies outside its gate."""
    if slope.low is None or slope.high is None:
        return False
    least, most = gates.calibration_slope_at_least, gates.calibration_slope_at_most
    return slope.high < least or slope.low > most
