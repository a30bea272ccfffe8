"""An approved model as ``mlflow.pyfunc`` loads it: one row out for every row in.

MLflow imports this by its name in the MLmodel (registry/logged_models.py) and hands it
the folder of the model's own files. It opens them as every door does, so a model that
nobody approved does not load, and scores by the one path.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.clock import read_clock
from riskscreen.errors import TableError
from riskscreen.guarding import guarded
from riskscreen.model.records import parse_json
from riskscreen.scoring.answers import Answer
from riskscreen.scoring.approved_model import ApprovedModel, open_approved
from riskscreen.scoring.one_case import OF_A_SPELL, answer_cases
from riskscreen.validation.schemas import ANSWER_COLUMNS

_REMEDY = "docs/how-to/mlflow.md says what a row holds."


class PyfuncModel:
    """What ``mlflow.pyfunc.load_model(...)`` calls; ``approved`` is our own model."""

    def __init__(
        self,
        approved: ApprovedModel,
        *,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self.approved = approved
        self._clock = clock

    @guarded
    def predict(
        self, model_input: Any, params: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score and explain *model_input*: a row a case, as the signature has it.

        ``history`` holds what was looked up of the case's citizen: a list of spells
        (code, start_date, end_date, registered_on), or the same as JSON text;
        ``tables`` the rows of further tables by name. ``params["as_of"]`` is the day of
        the extract (ISO); without it the call is live. What comes back has the index of
        what came in. Raises TableError where a column is missing, else as score_one.
        """
        if not isinstance(model_input, pd.DataFrame):
            raise TableError("The input is no table. Hand over a pandas DataFrame.")
        spec = self.approved.model.spec
        histories = None
        if spec.history is not None:
            histories = _take_column(model_input, "history", _read_spells)
        tables = None
        if spec.tables:
            tables = _take_column(model_input, "tables", _read_tables)
        answers = answer_cases(
            self.approved.model,
            model_input.drop(columns=["history", "tables"], errors="ignore"),
            histories,
            tables=tables,
            as_of=_read_day((params or {}).get("as_of")),
            clock=self._clock,
        )
        rows = [_to_row(answer) for answer in answers]
        return pd.DataFrame(rows, index=model_input.index, columns=list(ANSWER_COLUMNS))


def _load_pyfunc(path: str) -> PyfuncModel:
    """Open the model in the folder *path*; MLflow calls this.

    Raises NotApprovedError where nobody approved it, as open_approved does.
    """
    # Where MLflow refuses an input, its message would quote the table.
    os.environ["MLFLOW_DISABLE_SCHEMA_DETAILS"] = "true"
    return PyfuncModel(open_approved(Path(path)))


def _take_column(
    table: pd.DataFrame, name: str, read: Callable[[object], Any]
) -> list[Any]:
    if name not in table.columns:
        raise TableError(f"The column {name} is missing. {_REMEDY}")
    found = [read(_parse(cell)) for cell in table[name]]
    if wrong := sum(one is None for one in found):
        raise TableError(f"{name}: {wrong} rows hold none. {_REMEDY}")
    return found


def _parse(cell: object) -> object:
    """Return *cell* as plain lists and mappings; None where it is neither."""
    if isinstance(cell, str):
        try:
            return parse_json(cell)
        except ValueError:
            return None
    return cell.tolist() if isinstance(cell, np.ndarray) else cell


def _read_spells(cell: object) -> list[Mapping[str, Any]] | None:
    if isinstance(cell, str | Mapping) or not isinstance(cell, Sequence):
        return None
    spells = [_read_spell(spell) for spell in cell]
    return None if None in spells else [spell for spell in spells if spell is not None]


def _read_spell(spell: object) -> Mapping[str, Any] | None:
    if isinstance(spell, Mapping):
        return spell
    if isinstance(spell, np.ndarray):
        spell = spell.tolist()
    if isinstance(spell, str) or not isinstance(spell, Sequence):
        return None
    if not 3 <= len(spell) <= len(OF_A_SPELL):
        return None
    return dict(zip(OF_A_SPELL, spell, strict=False))


def _read_tables(cell: object) -> Mapping[str, Any] | None:
    return cell if isinstance(cell, Mapping) else None


def _read_day(text: object) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise TableError("as_of is no day. Write it as 2025-01-06.") from None


def _to_row(answer: Answer) -> dict[str, Any]:
    """Return one row: what is asked for most, and the whole answer beside it."""
    whole = answer.model_dump(mode="json")
    return {name: whole.get(name) for name in ANSWER_COLUMNS} | {
        "rule": _name_rule(answer),
        "answer": whole,
    }


def _name_rule(answer: Answer) -> str | None:
    """Return why a case is routed, abstained or set aside; None where it is neither."""
    if answer.status == "set aside":
        return answer.set_aside[0].rule
    return answer.route or answer.abstained_rule
