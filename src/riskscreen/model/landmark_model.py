"""The risk of who is still in at a landmark: by a model of its own, or by step 1.

A model of its own may correct step 1: then it has that risk beside its facts.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.wording import TEXTS
from riskscreen.population.at_landmark import specify_landmark
from riskscreen.spec import Column, Landmark, Specification, Words
from riskscreen.spec.columns import STEP_1_RISK, Idea
from riskscreen.spec.derived import derive_once


class Storable(Protocol):
    """A model that is stored within another one."""

    def to_json(self) -> dict[str, Any]:
        """Return the model and its uncertainty as JSON holds them."""


Own = TypeVar("Own", bound=Storable)


@dataclass(frozen=True)
class LandmarkModel(Generic[Own]):
    """What scores the cases that are in at ``landmark``: one of the two, or both.

    ``own`` is a model of its own, of what is known there. ``step_1`` is a straight line
    from the intake's log-odds to those of long at the landmark's horizon, of who is in.
    Where there are both, the own model corrects the risk of step 1.
    ``pilot`` says that the cases were too few for one of its gates.
    """

    landmark: Landmark
    own: Own | None = None
    step_1: BetaCalibration | None = None
    pilot: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON holds it; model_folder.py reads it back."""
        own: Mapping[str, Any] = {} if self.own is None else self.own.to_json()
        return {
            **self.landmark.model_dump(),
            "pilot": self.pilot,
            "step_1": None if self.step_1 is None else asdict(self.step_1),
            "model": own.get("model"),
            "uncertainty": own.get("uncertainty"),
        }


@derive_once
def specify_corrections(spec: Specification, landmark: Landmark) -> Specification:
    """Return *spec* with T0 at *landmark*, and the risk of step 1 beside its facts."""
    at = specify_landmark(spec, landmark)
    label, heading = (
        Words(**{of: texts["step_1"][name] for of, texts in TEXTS.items()})
        for name in ("label", "idea")
    )
    risk = Column(
        type="number",
        unit="percent",
        known="at_decision",
        idea=STEP_1_RISK,
        label=label,
    )
    changes = {
        "columns": at.columns | {STEP_1_RISK: risk},
        "ideas": {STEP_1_RISK: Idea(label=heading)} | at.ideas,
    }
    return at.model_copy(update=changes)
