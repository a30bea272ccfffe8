"""What a model says of each case: its risk, what moves it, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskscreen.model.abstention import mark_abstained

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry per case: risk, log-odds, and contributions (cases, features).

    ``log_odds == model.base_log_odds + contributions.sum(axis=1)`` to 1e-6, and
    ``risk`` is its inverse logit. ``uncalibrated`` are the estimator's own log-odds.
    """

    risk: Numbers
    log_odds: Numbers
    contributions: Numbers
    uncalibrated: Numbers

    def take(self, places: npt.NDArray[np.intp]) -> "Scored":
        """Return the cases at *places*."""
        return Scored(
            self.risk[places],
            self.log_odds[places],
            self.contributions[places],
            self.uncalibrated[places],
        )


@dataclass(frozen=True, slots=True)
class ScoreUncertainty:
    """How sure each score is: NaN, and no abstention, where the model cannot say.

    ``low`` and ``high`` are the 90 % interval of the risk, ``agree`` how many of
    ``models`` equally good models propose the case; ``abstention_rules`` has the rules
    by which the score is not shown (abstention.py), None where it is shown.
    """

    low: Numbers
    high: Numbers
    agree: Numbers
    models: int
    abstention_rules: npt.NDArray[np.object_]

    @property
    def abstained(self) -> npt.NDArray[np.bool_]:
        """Which scores are not shown."""
        return mark_abstained(self.abstention_rules)
