"""Whether a delivery is a basis for scores, by its history."""

from dataclasses import dataclass
from datetime import date

from riskscreen.array_tables import Table
from riskscreen.history.reading import PersonHistory
from riskscreen.history.unknown_codes import QuarterWeeks, judge_quarter
from riskscreen.model.risk_model import RiskModel
from riskscreen.population.people import (
    FileNames,
    PersonCounts,
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
    rows: Table,
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
    return judge_basis(
        model,
        count_persons(model.spec, rows, history, names=names),
        history.last_day,
        history.quarter,
        as_of=as_of,
        file=names.history,
        accept_unknown_codes=accept_unknown_codes,
    )


def judge_basis(  # noqa: PLR0913  (what is known of a history)
    model: RiskModel,
    persons: PersonCounts,
    last_day: date | None,
    quarter: QuarterWeeks | None,
    *,
    as_of: date | None,
    file: str,
    accept_unknown_codes: bool,
) -> Basis:
    """Judge what was counted of the history *file*; raise as check_basis says."""
    share = model.notes.get("people_visible_at_t0")
    require_history_for_scoring(model.spec, persons, share_in_training=share)
    if as_of is not None and persons.found.asked >= SHARES_FROM:
        require_reach(model.spec, last_day, as_of=as_of, file=file)
    warning = judge_quarter(
        model.spec, quarter, file=file, accepted=accept_unknown_codes
    )
    if warning is None or quarter is None:
        return Basis(persons.found)
    return Basis(persons.found, (warning,), quarter.share)
