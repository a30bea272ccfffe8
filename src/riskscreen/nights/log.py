"""What became of a night: the record in its folder, and that of the newest run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import Field, ValidationError

from riskscreen.errors import (
    FINISHED_EXIT,
    SET_ASIDE_EXIT,
    FileError,
    MissedRunError,
    ScreeningError,
)
from riskscreen.files import format_json
from riskscreen.folders import place_files, remove_finished
from riskscreen.guarding import guarded
from riskscreen.model.records import Count, Record, Share
from riskscreen.plain_files import read_plain
from riskscreen.progress import Reporter
from riskscreen.timeline import find_today

MADE_BY = "nightly"
"""The command whose folders and files these are."""
RUN_LOG = "run.json"
NEWEST_RUN_LOG = "newest_run.json"
LATEST = "latest"
_FINISHED = (FINISHED_EXIT, SET_ASIDE_EXIT)


class CaseChanges(Record):
    """How many scored cases are new since the night before, changed, or gone."""

    new: Count
    changed: Count
    unchanged: Count
    gone: Count


class TargetNight(Record):
    """One target's run: counts, and what was changed since the night before.

    Proposed are those of the lists: none at a landmark who has help. Messages are those
    of the outbox, where the site has a store.
    """

    model_version: str
    counts: dict[str, Count]
    set_aside_share: Share
    changes: CaseChanges
    warnings: tuple[str, ...] = ()
    messages_opened: Count = 0
    messages_closed: Count = 0


class Refusal(Record):
    """An error that ended a run, or cost it a target."""

    error: str
    exit_code: int
    words: str

    @classmethod
    def describe(cls, error: ScreeningError) -> "Refusal":
        """Return what is kept of *error*."""
        return cls(
            error=type(error).__name__, exit_code=error.exit_code, words=str(error)
        )


class ShadowNight(Record):
    """What a target's shadow scored into the store, where nobody is shown it.

    ``refused`` is why it did not: that costs the night nothing.
    """

    model_version: str = ""
    scored: Count = 0
    refused: Refusal | None = None

    def describe(self) -> str:
        """Describe it in a line."""
        if self.refused:
            return f"shadow: not scored: {self.refused.words}"
        return (
            f"shadow: version {self.model_version}, {self.scored} scored, in the store "
            "alone"
        )


class NightLog(Record):
    """One run: of which day, when it began and ended, and what came of each target.

    ``compared_with`` is the night that the changes are counted from; ``warnings`` are
    of no one target; ``error`` is what ended a run before anything stood.
    """

    day: date
    began_at: datetime
    ended_at: datetime
    exit_code: int
    compared_with: date | None = None
    targets: dict[str, TargetNight] = Field(default={})
    refused: dict[str, Refusal] = Field(default={})
    without_an_approved_model: dict[str, str] = Field(default={})
    shadows: dict[str, ShadowNight] = Field(default={})
    pages: Count = 0
    decisions_noted: Count = 0
    decisions_refused: Count = 0
    warnings: tuple[str, ...] = ()
    error: Refusal | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the day is left to be scored."""
        return self.exit_code in _FINISHED

    def describe(self) -> Iterator[str]:
        """Yield the run in lines, for whoever started it or looks after it."""
        yield from (f"Warning: {words}" for words in self.warnings)
        for target, night in self.targets.items():
            counts, changes = night.counts, night.changes
            yield from (f"{target}: Warning: {words}" for words in night.warnings)
            yield (
                f"{target}: {counts['cases']} cases came in: {counts['scored']} "
                f"scored, {counts['routed']} routed, {counts['set_aside']} set aside; "
                f"{counts['proposed']} proposed"
            )
            # The day last: before a count it would look like a person number.
            since = f" since {self.compared_with}" if self.compared_with else ""
            yield (
                f"  {changes.new} new, {changes.changed} changed, {changes.unchanged} "
                f"as they were, {changes.gone} gone{since}"
            )
            if night.messages_opened or night.messages_closed:
                yield (
                    f"  outbox: {night.messages_opened} messages opened, "
                    f"{night.messages_closed} closed"
                )
        if self.decisions_noted or self.decisions_refused:
            yield (
                f"Inbox: {self.decisions_noted} decisions noted, "
                f"{self.decisions_refused} refused"
            )
        for target, shadow in self.shadows.items():
            yield f"{target}: {shadow.describe()}"
        for words in self.without_an_approved_model.values():
            yield f"Not scored: {words}"


@guarded
def check_newest_run(root: Path, *, now: datetime, within: timedelta) -> NightLog:
    """Return the newest run below *root*: it ended well, and *within* so long ago.

    Raises MissedRunError where there is none, it is older, or it ended with an error;
    FileError where its log cannot be read.
    """
    log = read_log(root / NEWEST_RUN_LOG)
    if log is None:
        raise MissedRunError(f"{root}: no run of riskscreen nightly has ended here.")
    if not log.is_complete:
        failures = [log.error] if log.error else [*log.refused.values()]
        words = " ".join(failure.words for failure in failures)
        ended = f"the run of {log.day} ended with exit code {log.exit_code}"
        raise MissedRunError(f"{root}: {ended}. {words}")
    if now - log.ended_at > within:
        hours = within.total_seconds() / 3600
        raise MissedRunError(
            f"{root}: the newest run is that of {log.day}, which ended at "
            f"{log.ended_at.isoformat(timespec='minutes')}, more than {hours:g} hours "
            "ago. Look why none has run since."
        )
    return log


@contextmanager
def note_failure(
    root: Path,
    clock: Callable[[], datetime],
    *,
    day: date | None = None,
    reporter: Reporter,
) -> Iterator[None]:
    """Let an error that ends a run of *day* be told as the newest run's end, and rise.

    Without *day* it is today in Denmark: whoever cannot read site.toml knows no other.
    """
    began = clock()
    try:
        yield
    except ScreeningError as error:
        refusal = Refusal.describe(error)
        log = NightLog(
            day=day or find_today(began),
            began_at=began,
            ended_at=clock(),
            exit_code=refusal.exit_code,
            error=refusal,
        )
        try:
            keep_newest(root, log)
        except ScreeningError:
            reporter.say("The end of this run could not be written down.")
        raise


def keep_newest(root: Path, log: NightLog) -> None:
    """Write *log* as that of the newest run below *root*."""
    text = format_json(log.model_dump(mode="json"))
    place_files(root, {NEWEST_RUN_LOG: text}, made_by=MADE_BY)


def read_log(path: Path) -> NightLog | None:
    """Return the log in *path*; None where there is none.

    Raises FileError for one that cannot be read.
    """
    try:
        return NightLog.model_validate_json(read_plain(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError):
        pass
    raise FileError(f"{path}: not as riskscreen nightly wrote it. Move it away.")


def find_night_before(root: Path, day: date) -> date | None:
    """Return the newest day before *day* of which a night stands below *root*."""
    for before in reversed(_list_days(root, before=day)):
        if read_log(root / before.isoformat() / RUN_LOG) is not None:
            return before
    return None


def find_first_night(root: Path, day: date) -> date | None:
    """Return the oldest day before *day* of which a night stands below *root*."""
    for first in _list_days(root, before=day):
        if read_log(root / first.isoformat() / RUN_LOG) is not None:
            return first
    return None


def remove_nights(root: Path, *, before: date) -> int:
    """Remove the nights below *root* of days before *before*; return how many went.

    What somebody else put into one stays there.
    """
    days = _list_days(root, before=before)
    return sum(remove_finished(root / day.isoformat(), made_by=MADE_BY) for day in days)


def _list_days(root: Path, *, before: date) -> list[date]:
    """List the days before *before* that folders below *root* are named by."""
    days = []
    for path in root.iterdir() if root.is_dir() else ():
        with suppress(ValueError):
            day = date.fromisoformat(path.name)
            if day.isoformat() == path.name and day < before:
                days.append(day)
    return sorted(days)
