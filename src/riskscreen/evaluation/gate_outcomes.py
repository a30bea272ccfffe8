"""The outcomes of a specification's gates: listed, told, and asked to have passed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from riskscreen.errors import GateError, LeakError
from riskscreen.model.records import Said
from riskscreen.model.verdicts import REFUSE, TOO_FEW, Verdict

LEAK_GATES = ("auc_at_most", "column_contribution_share_at_most")
"""A model that fails one of these is too good to be true rather than too bad."""

NOT_JUDGED = (
    "Not judged by any gate: wrong labels (with a tenth of the outcomes wrong at "
    "random every gate passes as before; see label noise on the card), what help did "
    "to the outcomes, and municipalities that are not in the data."
)


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """One gate: its verdict, what was found, what the bound is.

    ``message`` is a whole sentence for cards and logs; a refusal's says by how much,
    that of too few cases how many would decide.
    """

    name: Said
    verdict: Verdict
    found: str
    bound: str
    message: str


def list_refusals(outcomes: Iterable[GateOutcome]) -> tuple[GateOutcome, ...]:
    """Return the gates that refuse."""
    return tuple(outcome for outcome in outcomes if outcome.verdict == REFUSE)


def list_undecided(outcomes: Iterable[GateOutcome]) -> tuple[GateOutcome, ...]:
    """Return the gates for which the cases are too few to say."""
    return tuple(outcome for outcome in outcomes if outcome.verdict == TOO_FEW)


def require_passed(
    outcomes: Iterable[GateOutcome], *, model: str, pilot: bool = False
) -> None:
    """Raise where a gate refuses, or leaves open what no *pilot* was asked for.

    LeakError where one of LEAK_GATES refuses, else GateError; both name every such gate
    and by how much.
    """
    outcomes = tuple(outcomes)
    failed, open_ = list_refusals(outcomes), list_undecided(outcomes)
    if failed:
        leaks = any(outcome.name in LEAK_GATES for outcome in failed)
        kind = LeakError if leaks else GateError
        raise kind(_list_outcomes(f"{model} is refused by", failed))
    if open_ and not pilot:
        text = _list_outcomes(f"{model} has too few cases for", open_)
        raise GateError(f"{text}\nIt can be approved as a pilot only: --pilot.")


def describe_gates(outcomes: Iterable[GateOutcome]) -> Iterator[str]:
    """Yield every gate's verdict with figure and bound, then what none of them sees."""
    for outcome in outcomes:
        yield f"  {outcome.message}"
    yield f"  {NOT_JUDGED}"


def _list_outcomes(begin: str, outcomes: tuple[GateOutcome, ...]) -> str:
    count = f"{len(outcomes)} gate{'s' if len(outcomes) > 1 else ''}"
    return "\n".join([f"{begin} {count}:", *(f"  {o.message}" for o in outcomes)])
