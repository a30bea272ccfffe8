"""What no specification sees: chance, practice, sex and origin on one frailty scale.

A citizen's own part is gamma distributed on the scale of the exits, the usual choice
in survival analysis (Vaupel 1979, doi 10.2307/2061224).
"""

import numpy as np
from scipy import stats

from riskscreen_synthetic.hazards import Frailty, compute_gauss_rule
from riskscreen_synthetic.histories import Citizens
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Floats, Ints

_POINTS = 2000


def draw_frailty(
    random: Random,
    parameters: Parameters,
    citizens: Citizens,
    who: Ints,
    *,
    shape: float,
) -> Floats:
    """Return the frailty of each case of the citizens *who*: theirs and their groups'.

    Log scale; more is slower. *shape* is that of the gamma distribution with mean 1.
    """
    table = parameters["citizens"]
    practice = np.array(parameters["municipalities"]["practice"])
    total: Floats = -np.log(random.gamma(shape, 1.0 / shape, len(who)))
    total += practice[citizens.municipality[who]]
    total += table["female_frailty"] * citizens.female[who]
    total += table["other_origin_frailty"] * citizens.other_origin[who]
    return total


def compute_frailty_rule(parameters: Parameters, *, shape: float) -> Frailty:
    """Return nodes and weights of the same distribution, for who sees none of it."""
    table, places = parameters["citizens"], parameters["municipalities"]
    middles = (np.arange(_POINTS) + 0.5) / _POINTS
    points = -np.log(stats.gamma.ppf(middles, shape, scale=1.0 / shape))
    weights = np.full(_POINTS, 1.0 / _POINTS)
    for offsets, shares in (
        (places["practice"], places["shares"]),
        *(_read_flag(table, name) for name in ("female", "other_origin")),
    ):
        points = np.add.outer(points, np.asarray(offsets)).ravel()
        weights = np.multiply.outer(weights, np.asarray(shares)).ravel()
    return compute_gauss_rule(points, weights, parameters["extras"]["truth_nodes"])


def _read_flag(table: dict[str, float], name: str) -> tuple[list[float], list[float]]:
    share = table[f"{name}_share"]
    return [0.0, table[f"{name}_frailty"]], [1.0 - share, share]
