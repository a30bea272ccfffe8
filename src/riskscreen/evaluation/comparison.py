"""Whether one set of risks is better than another on the same cases."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from riskscreen.evaluation.accuracy import brier, log_loss
from riskscreen.evaluation.bootstrap import Bootstrap, observed, replicated
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.discrimination import auc
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate

_COMPARED = {"auc": auc, "brier": brier, "log_loss": log_loss}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences *model* less *other*, with paired 95 % intervals.

    A higher AUC is better; a higher Brier score or log-loss is worse.
    """

    model: str
    other: str
    auc: Estimate
    brier: Estimate
    log_loss: Estimate

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        differences = [f.to_dict() for f in (self.auc, self.brier, self.log_loss)]
        return {"model": self.model, "other": self.other, "differences": differences}


def compare(
    judged: EvaluationCases,
    risk: ArrayLike,
    other_risk: ArrayLike,
    *,
    names: tuple[str, str] = ("model", "other"),
    bootstrap: Bootstrap | None = None,
) -> Comparison:
    """How *risk* differs from *other_risk* in AUC, Brier score and log-loss.

    Both are judged in every replicate on the same people, so that what makes a
    replicate hard or easy falls out of the difference.
    """
    ours, theirs = judged.validate_risk(risk), judged.validate_risk(other_risk)
    counts = (bootstrap or Bootstrap()).counts(judged.n, person=judged.person)

    def statistic(weights: Floats) -> Floats:
        return np.column_stack(
            [
                measure(judged.long, ours, weights)
                - measure(judged.long, theirs, weights)
                for measure in _COMPARED.values()
            ]
        )

    value, drawn = observed(statistic, judged.n), replicated(statistic, counts)
    figures = {
        name: bootstrap_estimate(
            f"{name}_difference", float(value[i]), drawn[:, i], n=judged.n, digits=4
        )
        for i, name in enumerate(_COMPARED)
    }
    return Comparison(names[0], names[1], **figures)
