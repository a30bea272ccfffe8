"""The risk of who is still in at a landmark: by a model of its own, or by step 1."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

from riskscreen.model.calibration import BetaCalibration
from riskscreen.spec import Landmark


class Storable(Protocol):
    """A model that is stored within another one."""

    def to_json(self) -> dict[str, Any]:
        """Return the model and its uncertainty as JSON holds them."""


Own = TypeVar("Own", bound=Storable)


@dataclass(frozen=True)
class LandmarkModel(Generic[Own]):
    """What scores the cases that are in at ``landmark``: one of the two.

    ``own`` is a model of its own, of what is known there. ``step_1`` is a straight line
    from the intake's log-odds to those of long at the landmark's horizon, of who is in.
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
