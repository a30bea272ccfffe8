"""What became of the cases, in counts that a card may show."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from riskscreen.disclosure.suppression import is_small, suppress_cells
from riskscreen.model.records import Count, Said, Share
from riskscreen.outcomes import look_up_states, name_end_states
from riskscreen.spec import Specification

KNOWN = ("long", "not long", "competing event")


@dataclass(frozen=True, slots=True)
class UnverifiedOutcomes:
    """Known outcomes, those ``touched`` by a week on an unverified code, the weeks."""

    known: Count
    touched: Count
    weeks: Count


@dataclass(frozen=True, slots=True)
class EndStateCount:
    """How many (``n``) of an outcome were in a state at the horizon; None if hidden."""

    outcome: Said
    state: Said
    n: Count | None


@dataclass(frozen=True, slots=True)
class ClarifiedShares:
    """The share that is long of all known outcomes, under both readings."""

    as_mapped: Share
    not_long: Share


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Cases by outcome; known ones on unverified codes; where they were."""

    outcomes: dict[str, int | None]
    unverified: UnverifiedOutcomes | None
    end_states: tuple[EndStateCount, ...] = ()
    clarified: ClarifiedShares | None = None


def count_outcomes(spec: Specification, table: pd.DataFrame) -> OutcomeCounts:
    """Count the *table* of outcomes, without what would give away a few persons.

    The attrition tells how many are known and how many are not: the outcomes are two
    lines with a total each. The states of an outcome are a line whose total is shown.
    """
    n = table["outcome"].astype(str).value_counts(ascending=True)
    known = n.index.isin(KNOWN)
    found: dict[str, int | None] = {}
    for line in (n[~known], n[known]):
        for (name, count), hide in zip(line.items(), suppress_cells(line), strict=True):
            if count:
                found[str(name)] = None if hide else int(count)
    return OutcomeCounts(
        outcomes=found,
        unverified=_count_unverified(table),
        end_states=tuple(_count_end_states(spec, table, found)),
        clarified=_share_clarified(spec, table, found),
    )


def _count_unverified(table: pd.DataFrame) -> UnverifiedOutcomes | None:
    if "rests_on_unverified_weeks" not in table:
        return None
    weeks = table["rests_on_unverified_weeks"].dropna()
    touched = int((weeks > 0).sum())
    if suppress_cells([touched, len(weeks) - touched]).any():
        return None
    return UnverifiedOutcomes(len(weeks), touched, int(weeks.sum()))


def _count_end_states(
    spec: Specification,
    table: pd.DataFrame,
    outcomes: dict[str, int | None],
) -> Iterator[EndStateCount]:
    """Yield each state's count within its outcome, of outcomes that are shown."""
    if not spec.outcome.end_states:
        return
    state = name_end_states(spec, table["end_group"])
    for outcome in KNOWN:
        n = state[table["outcome"].astype(str) == outcome].value_counts()
        if outcomes.get(outcome) is None:
            continue
        for (name, count), hide in zip(n.items(), suppress_cells(n), strict=True):
            yield EndStateCount(outcome, str(name), None if hide else int(count))


def _share_clarified(
    spec: Specification,
    table: pd.DataFrame,
    outcomes: dict[str, int | None],
) -> ClarifiedShares | None:
    """Return the share that is long under both readings of the clarified groups.

    Of the rule still_in alone, where the state at the horizon decides. None where one
    of the outcomes is hidden, or where the difference of the shares, beside the counts
    of the states, would tell of a few: who is clarified, and who else is in his state.
    """
    outcome, whole = spec.outcome, table["outcome"].astype(str)
    if outcome.rule != "still_in" or not outcome.clarified:
        return None
    known, long = int((whole != "censored").sum()), whole == "long"
    if not known or None in (outcomes[name] for name in outcomes if name != "censored"):
        return None
    mapped = {*outcome.long, *outcome.long_while_unbroken}
    is_taken = {n: n in mapped & {*outcome.clarified} for n in outcome.mapped()}
    taken = look_up_states(table["end_group"], is_taken, default=False).astype(bool)
    if outcome.clarified_is == "not_long":
        taken &= whole == "not long"
        mapped_long, strict = long | taken, long
    else:
        taken &= long
        mapped_long, strict = long, long & ~taken
    state = name_end_states(spec, table["end_group"])
    cells = pd.DataFrame({"outcome": whole, "state": state, "taken": taken})
    if is_small(cells[whole.isin(KNOWN[:2])].value_counts()).any():
        return None
    return ClarifiedShares(*(round(c.sum() / known, 3) for c in (mapped_long, strict)))
