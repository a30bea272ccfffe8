"""What a replay has done so far, piece by piece, so that a killed one goes on from it.

A piece is a model or some nights, in a folder that appears whole or not at all. Its
name begins with a digest of all that the replay follows from: what was done for
other data, places or options is never taken. It has rows of citizens, so when a replay
is done the pieces of every replay to its folder go.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.folders import check_can_stage, remove_finished, stage_folder
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.model.risk_model import RiskModel

MADE_BY = "replay"
_KEY_LENGTH = 12
_MODEL, _NIGHTS = "model", "nights.parquet"


@dataclass(frozen=True)
class Pieces:
    """The pieces of one replay, in the folder *room*, which goes when all is done."""

    room: Path
    key: str

    @classmethod
    def of(cls, out: Path, follows_from: dict[str, Any]) -> "Pieces":
        """Return the pieces of the replay that is to be written to *out*."""
        text = json.dumps(follows_from, sort_keys=True)
        key = sha256(text.encode()).hexdigest()[:_KEY_LENGTH]
        return cls(out.with_name(f"{out.name}.unfinished"), key)

    def take_model(self, name: str, train: Callable[[Path], RiskModel]) -> RiskModel:
        """Return the model *name*; *train* it in a folder of its own if there is none.

        What is trained is read back, so that a replay that was cut short scores alike.
        """
        piece = self._find(name)
        if not piece.exists():
            with stage_folder(piece, made_by=MADE_BY) as folder:
                save_model(train(folder), folder / _MODEL)
        return load_model_folder(piece / _MODEL)

    def take_nights(self, name: str, score: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return the nights *name*; *score* them if they are not there."""
        piece = self._find(name)
        if not piece.exists():
            with stage_folder(piece, made_by=MADE_BY) as folder:
                score().to_parquet(folder / _NIGHTS, index=False)
        return pd.read_parquet(piece / _NIGHTS)

    def remove(self) -> None:
        """Remove every replay's pieces, and the room where nothing else is in it.

        A replay that was killed while it wrote a piece left a hidden part, with rows of
        citizens; its lock names it, and goes with it.
        """
        if not self.room.is_dir():
            return
        for lock in [*self.room.glob(".*.lock")]:
            piece = self.room / lock.name.removeprefix(".").removesuffix(".lock")
            with suppress(FileError):  # another run is writing it
                check_can_stage(piece, made_by=MADE_BY)
        for piece in [*self.room.iterdir()]:
            remove_finished(piece, made_by=MADE_BY)
        if not any(self.room.iterdir()):
            self.room.rmdir()

    def _find(self, name: str) -> Path:
        return self.room / f"{self.key}-{name}"
