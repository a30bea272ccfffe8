"""What a scoring run did, in counts and in words; no value of any row is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskscreen.model.label_age import LabelAge, warn_of_label_age
from riskscreen.policy import Places, Policy


def describe_places(policy: Policy, stated: Places | None) -> str:
    """Return which places the proposals rest on, and whether the site has others.

    *stated* is what the site says, None where it says nothing.
    """
    own = policy.places
    if own is None or policy.threshold is None:
        words = "The model has no thresholds: cases are ordered, and nobody is proposed"
        if own is not None:
            return f"{words}. The cases that it was trained on carry no dates."
        return f"{words}. State [places.<target>] in site.toml, then {_SET}."
    if stated is not None and rests_on_others(policy, stated):
        words = f"The thresholds rest on {own.describe()}, not on the site's"
        return f"{words} {stated.describe()}: {_SET}."
    return f"The thresholds rest on {own.describe()}."


def rests_on_others(policy: Policy, stated: Places | None) -> bool:
    """Return whether the site states other places than the thresholds rest on."""
    return stated is not None and not stated.rests_on_the_same(policy.places)


_SET = "run riskscreen set-places"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a scoring run did: counts that add up, and how its files were read.

    ``places`` says which places the proposals rest on. ``unreadable_cells`` counts
    cells that cost their row nothing, by "column: rule". ``label_age`` is that of the
    model's newest label, ``warnings`` are sentences about the delivery;
    ``unknown_share`` is that of the history's newest weeks on unknown benefit codes,
    where the run warns of it. ``has_csv`` says whether the scores stand in scores.csv
    beside scores.parquet. ``still_in`` counts the scores by what says until when the
    case is known to be in; the others are not seen as in any more. It is empty where to
    be in is not to be long.
    """

    counts: Mapping[str, int]
    rules: Mapping[str, int]
    routes: Mapping[str, int]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    unknown_codes: str | None
    out: Path
    places: str
    weeks: Mapping[str, int] = field(default_factory=dict)
    unreadable_cells: Mapping[str, int] = field(default_factory=dict)
    absent_citizens: str | None = None
    label_age: LabelAge | None = None
    warnings: tuple[str, ...] = ()
    unknown_share: float | None = None
    has_csv: bool = True
    still_in: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows_set_aside(self) -> bool:
        """Whether a case, or a row of the history or of a table, was set aside."""
        kinds = ("set_aside", "history_set_aside", "tables_set_aside")
        return any(self.counts.get(kind, 0) for kind in kinds)

    def list_warnings(self) -> tuple[str, ...]:
        """List what is to be read first: of the model's labels and of the delivery."""
        return (*warn_of_label_age(self.label_age), *self.warnings)

    def describe(self) -> list[str]:
        """Describe the run in lines for whoever started it."""
        counts = self.counts
        lines = [f"Warning: {words}" for words in self.list_warnings()]
        lines.append(
            f"{counts['cases']} cases came in: {counts['scored']} scored, "
            f"{counts['routed']} routed, {counts['set_aside']} set aside"
        )
        lines.append(f"  {counts['proposed']} proposed. {self.places}")
        lines += [f"  routed, {route}: {n}" for route, n in self.routes.items()]
        lines += [f"  set aside, {rule}: {n}" for rule, n in self.rules.items()]
        if self.still_in:
            sources = ", ".join(f"{n} by {by}" for by, n in self.still_in.items())
            gone = counts["scored"] - sum(self.still_in.values())
            lines.append(f"  known to be in: {sources}; {gone} not any more")
        if read := self.weeks.get("read", 0):
            unverified = self.weeks["on_unverified_codes"]
            lines.append(
                f"  history: {read:,} weeks, {unverified:,} of them on codes that the "
                "site has not confirmed"
            )
        lines += [f"  {words}" for words in self._describe_gaps()]
        if self.ignored:
            lines.append(f"Never read, as not declared: {', '.join(self.ignored)}")
        if self.notes:
            lines += ["Read as:", *(f"  {note}" for note in self.notes)]
        if not self.has_csv:
            lines.append("So many scores stand in scores.parquet alone, unless --csv")
        scores = "scores.csv" if self.has_csv else "scores.parquet"
        return [*lines, f"In {self.out}: {scores} and all that belongs to it"]

    def _describe_gaps(self) -> list[str]:
        """Describe what the scores lack: codes, citizens, weeks, cells."""
        lines = [self.unknown_codes] if self.unknown_codes else []
        if unknown := self.counts["unknown_codes"]:
            lines.append(f"{unknown} scores see such a code: flagged unknown_codes")
        if self.absent_citizens:
            lines.append(f"{self.absent_citizens}: flagged no_history")
        if cut_short := self.counts["history_ends"]:
            lines.append(f"{cut_short} scores rest on a history that ends too early")
        if empty := self.counts.get("no_rows_in", 0):
            lines.append(f"{empty} scores lack the rows of a table: named no_rows_in")
        if unreadable := self.counts["unreadable"]:
            lines.append(
                f"{unreadable} scored cases have a fact that could not be read"
            )
        cells = self.unreadable_cells.items()
        return lines + [f"could not be read, {rule}: {n}" for rule, n in cells]
