"""Find one of each kind of row that a run has, so that a reader can look at it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from riskscreen.documents.pages.case_changes import find_changes
from riskscreen.documents.pages.placing import CaseAnswer, CaseLine, Standing
from riskscreen.spec.population import ClockRoute
from riskscreen.validation.schemas import NO_HISTORY

_TABLES = {
    Standing.NOT_SHOWN: "abstained.html",
    Standing.ROUTED: "routed.html",
    Standing.SET_ASIDE: "set_aside.html",
}
"""Where a case stands that has no page of its own."""


def find_examples(
    lines: Sequence[CaseLine], decided: Mapping[str, str]
) -> dict[str, str]:
    """Return the page of the first case of each kind, by kind; one without is left out.

    *decided* says of some cases what was decided: ``agree`` or ``disagree``. The run is
    one of several targets, whose tables lie in folders of their names.
    """
    found = {}
    for kind, is_one in _KINDS.items():
        answers = (answer for line in lines for answer in line.answers)
        if (one := next(filter(is_one, answers), None)) is not None:
            found[kind] = _find_page(one, lines)
    pages = {line.case_id: line.file for line in lines if line.file}
    for case, act in decided.items():
        if case in pages:
            found[act] = pages[case]
    if both := [line.file for line in lines if len(line.shown) > 1]:
        found["two_targets"] = both[0]
    return found


def _find_page(answer: CaseAnswer, lines: Sequence[CaseLine]) -> str:
    """Return the case's own page, or the table that it stands in."""
    if table := _TABLES.get(answer.standing):
        return f"{answer.target.builder.model.spec.name}/{table}"
    return next(line.file for line in lines if answer in line.answers)


def _is_late(answer: CaseAnswer) -> bool:
    """Return whether a case was taken in so late that it goes another way."""
    routes = answer.target.builder.model.spec.population.routes
    clocks = [route.name for route in routes if isinstance(route.when, ClockRoute)]
    routed = answer.target.run.routed
    late = routed["case_id"][routed["route"].isin(clocks)]
    return answer.standing == Standing.ROUTED and answer.case_id in set(late)


def _has_flag(name: str) -> Callable[[CaseAnswer], bool]:
    return lambda of: of.week is not None and bool(getattr(of.case, name, False))


def _stands(standing: Standing) -> Callable[[CaseAnswer], Any]:
    return lambda answer: answer.standing == standing


_KINDS: Mapping[str, Callable[[CaseAnswer], Any]] = {
    "proposed": _stands(Standing.PROPOSED),
    "not_proposed": _stands(Standing.NOT_PROPOSED),
    "not_shown": _stands(Standing.NOT_SHOWN),
    "routed": lambda of: of.standing == Standing.ROUTED and not _is_late(of),
    "late": _is_late,
    "set_aside": _stands(Standing.SET_ASIDE),
    "no_history": _has_flag(NO_HISTORY),
    "pilot": _has_flag("pilot"),
    "changed": lambda answer: answer.week is not None and find_changes(answer).rows,
}
