"""How far the shipped model lies from the judged one, on the newest intake."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.suppression import is_small
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.model.records import Count, Finite, Said, Sha256, Share

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ShippedDifference:
    """The judged model beside the shipped one, on ``cases`` of the newest intake.

    ``risk`` is the mean distance of the two risks, ``level`` the mean of shipped less
    judged. ``proposals`` is the share of cases that one of them proposes and the other
    does not; None where there are no thresholds. All None where the cases are of fewer
    than five persons. ``judged`` is the digest of the judged model, ``judged_label``
    the day on which the newest outcome that it knows was known; None without dates.
    """

    judged: Sha256
    judged_label: Said | None
    cases: Count | None
    first_day: Said | None
    last_day: Said | None
    risk: Share | None
    level: Finite | None
    proposals: Share | None


def measure_shipped_difference(
    judged_risk: Numbers,
    shipped_risk: Numbers,
    *,
    proposals: tuple[Flags, Flags] | None,
    persons: int,
    span: tuple[str, str] | None,
    judged: tuple[str, str | None],
) -> ShippedDifference:
    """Return the differences of both models' risks and *proposals* of the same cases.

    *judged* are the digest and the newest label of the judged model. How many cases one
    of the two alone proposes is told in steps of five, so that no few are.
    """
    n, (first, last) = len(judged_risk), span or (None, None)
    if is_small(persons) or not n:
        return ShippedDifference(*judged, None, first, last, None, None, None)
    changed = None
    if proposals is not None:
        differ = int((proposals[0] != proposals[1]).sum())
        changed = SMALLEST_GROUP * round(differ / SMALLEST_GROUP) / n
    return ShippedDifference(
        judged=judged[0],
        judged_label=judged[1],
        cases=n,
        first_day=first,
        last_day=last,
        risk=float(np.abs(shipped_risk - judged_risk).mean()),
        level=float((shipped_risk - judged_risk).mean()),
        proposals=None if changed is None else min(changed, 1.0),
    )
