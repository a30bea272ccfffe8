"""What no specification sees: chance, practice, sex and origin, on one frailty scale."""

import numpy as np

from riskscreen.synthetic.hazards import Frailty, gauss_rule
from riskscreen.synthetic.histories import People
from riskscreen.synthetic.parameters import Parameters
from riskscreen.synthetic.registration import Random
from riskscreen.synthetic.spells import Floats, Ints


def drawn_frailty(
    random: Random, parameters: Parameters, citizens: People, who: Ints, *, sd: float
) -> Floats:
    """The frailty of each case of the citizens *who*: their own and their groups'."""
    table = parameters["citizens"]
    practice = np.array(parameters["municipalities"]["practice"])
    total: Floats = random.normal(0.0, sd, len(who))
    total += practice[citizens.municipality[who]]
    total += table["female_frailty"] * citizens.female[who]
    total += table["other_origin_frailty"] * citizens.other_origin[who]
    return total


def frailty_rule(parameters: Parameters, *, sd: float) -> Frailty:
    """Nodes and weights of the same distribution, for whoever cannot see any of it."""
    table, places = parameters["citizens"], parameters["municipalities"]
    normal, chance = np.polynomial.hermite_e.hermegauss(60)
    points, weights = sd * normal, chance / chance.sum()
    for offsets, shares in (
        (places["practice"], places["shares"]),
        *(_flag(table, name) for name in ("female", "other_origin")),
    ):
        points = np.add.outer(points, np.asarray(offsets)).ravel()
        weights = np.multiply.outer(weights, np.asarray(shares)).ravel()
    return gauss_rule(points, weights, parameters["extras"]["truth_nodes"])


def _flag(table: dict[str, float], name: str) -> tuple[list[float], list[float]]:
    share = table[f"{name}_share"]
    return [0.0, table[f"{name}_frailty"]], [1.0 - share, share]
