"""Whether a delivery is a basis for scores, by its history."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from riskscreen.history.reading import PersonHistory
from riskscreen.history.unknown_codes import judge_quarter
from riskscreen.model.risk_model import RiskModel
from riskscreen.population.people import (
    FileNames,
    count_persons,
    require_history_for_scoring,
)
from riskscreen.validation.joins import SHARES_FROM, Join
from riskscreen.validation.surveys import require_reach


@dataclass(frozen=True, slots=True)
class Basis:
    """How many citizens the history holds, and what is to be warned of.

    ``unknown_share`` is that of the newest weeks on unknown codes, where it is warned
    of.
    """

    citizens: Join
    warnings: tuple[str, ...] = ()
    unknown_share: float | None = None


def check_basis(
    model: RiskModel,
    rows: pd.DataFrame,
    history: PersonHistory,
    *,
    as_of: date | None,
    names: FileNames,
    accept_unknown_codes: bool,
) -> Basis:
    """Count the citizens of *rows* that the history holds; refuse what is no basis.

    *rows* are the sound cases (person_id, decision_date). Raises the TableError of
    require_history_for_scoring, and of require_reach for SHARES_FROM citizens or more:
    of fewer, each row's own flag tells. Raises the UnknownCodesError of judge_quarter.
    """
    persons = count_persons(model.spec, rows, history, names=names)
    share = model.notes.get("people_visible_at_t0")
    require_history_for_scoring(model.spec, persons, share_in_training=share)
    if as_of is not None and persons.found.asked >= SHARES_FROM:
        require_reach(model.spec, history.last_day, as_of=as_of, file=names.history)
    warning = judge_quarter(
        model.spec,
        history.quarter,
        file=names.history,
        accepted=accept_unknown_codes,
    )
    if warning is None or history.quarter is None:
        return Basis(persons.found)
    return Basis(persons.found, (warning,), history.quarter.share)
