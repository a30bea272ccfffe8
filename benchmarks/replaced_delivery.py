"""A delivery replaced while it is scored: the scores of one of the two, or exit 12.

    python -m benchmarks.replaced_delivery [points] [seed]

Each file of a site's folder (cases, history, code table, site.toml) is renamed over,
rewritten in place, truncated or grown in the middle of a run: at *points* calls of the
package's own functions, spread over the run, and right before and after each time a
file of the folder is opened. Right is what one of the two deliveries gives by itself,
or exit 12. Anything else is a wrong score; the run ends with 1 if there is any.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import riskscreen
from tests.field import base
from tests.field.doors import Intake, Run
from tests.field.trained import train_model

PACKAGE = str(Path(riskscreen.__file__).parent)
LONG_AGO = 1_700_000_000
SITE = """
name = "Eksempelkommune"
extract_date = 2025-01-06

[files.history]
path = "history.csv"

[intake.long_absence]
path = "cases.csv"
"""
CODES = "code,group\n890,sygedagpenge\n"


def first_delivery() -> dict[str, str]:
    """What is delivered first, by file."""
    return {
        "cases.csv": base.as_csv(_wide(base.cases())),
        "history.csv": base.as_csv(_wide(base.history())),
        "code_groups.csv": CODES,
        "site.toml": SITE,
    }


def second_delivery() -> dict[str, str]:
    """What takes its place: other facts, spells, groups and names of columns."""
    older = base.changed(base.cases(), "age_at_intake", lambda age: str(int(age) + 9))
    longer = [
        row | {"start_date": row["start_date"].replace("2024-1", "2024-0")}
        for row in base.history()
    ]
    return {
        "cases.csv": base.as_csv(_wide(older)),
        "history.csv": base.as_csv(_wide(longer)),
        "code_groups.csv": "code,group\n890,kontanthjaelp\n",
        "site.toml": SITE + 'columns = { travel_km = "seniority_years",'
        ' seniority_years = "travel_km" }\n',
    }


def _wide(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """*rows* with a text that nobody reads, so that a file is read in many blocks."""
    return [row | {"note": "ringer igen. " * 4000} for row in rows]


def rename_over(path: Path, text: str) -> None:
    """As most programs write: a new file takes the name."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def rewrite(path: Path, text: str) -> None:
    """The same file, written anew from its beginning."""
    with path.open("r+", encoding="utf-8") as opened:
        opened.write(text)
        opened.truncate()


def truncate(path: Path, _: str) -> None:
    """A copy that is still under way."""
    os.truncate(path, path.stat().st_size // 2)


def grow(path: Path, text: str) -> None:
    """The other delivery's last line comes after what stands there."""
    with path.open("a", encoding="utf-8") as opened:
        opened.write(text.rstrip("\n").rpartition("\n")[2] + "\n")


WAYS = (rename_over, rewrite, truncate, grow)


@dataclass(frozen=True)
class Outcome:
    """What a run gave, as far as it must be one delivery's."""

    code: int
    risks: tuple[tuple[str, str], ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, run: Run) -> "Outcome":
        """Exit code, risks, and who was routed or set aside."""
        aside = [f"{row['case_id']} {row['rule']}" for row in run.set_aside]
        risks = tuple((case, row["risk"]) for case, row in run.scores.items())
        return cls(run.code, risks, (*sorted(run.routed), *sorted(aside)))


class Watch:
    """Counts the package's calls, and does something once at one of them."""

    def __init__(self, folder: Path, *, at: int = 0, act: Callable[[], object]) -> None:
        self.folder, self.at, self.act = str(folder), at, act
        self.calls = 0
        self.opened: list[int] = []

    def __call__(self, frame: object, event: str, _: object) -> None:
        """One call or return of a function, as sys.setprofile tells it."""
        if event != "call":
            return
        if not frame.f_code.co_filename.startswith(PACKAGE):  # type: ignore[attr-defined]
            return
        self.calls += 1
        if self.calls == self.at:
            sys.setprofile(None)
            self.act()

    def opening(self, path: object) -> None:
        """One file that Python opens, as an audit hook tells it."""
        if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(
            self.folder
        ):
            self.opened.append(self.calls)


_watching: list[Watch] = []


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _watching:
        _watching[-1].opening(arguments[0])


sys.addaudithook(_audit)


@dataclass
class Trial:
    """A folder that is delivered anew before every run."""

    intake: Intake

    def deliver(self, files: dict[str, str]) -> None:
        """Lay *files* into the folder, as they lay there an hour ago."""
        for name, text in files.items():
            path = self.intake.folder / name
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")
            os.utime(path, (LONG_AGO, LONG_AGO))

    def run(self, watch: Watch) -> Outcome:
        """Score what lies there while *watch* looks on."""
        out = self.intake.folder.parent / "scores"
        shutil.rmtree(out, ignore_errors=True)
        _watching.append(watch)
        sys.setprofile(watch)
        try:
            run = self.intake.score_site(out=out)
        finally:
            sys.setprofile(None)
            _watching.pop()
        return Outcome.of(run)

    def score(self, at: int, act: Callable[[], object]) -> tuple[Outcome, Watch]:
        """Deliver the first delivery, and score it while *act* happens at call *at*."""
        self.deliver(first_delivery())
        watch = Watch(self.intake.folder, at=at, act=act)
        return self.run(watch), watch


def moments(watch: Watch, points: int, seed: int) -> list[int]:
    """When to replace a file: at some of all calls, and around each opening."""
    around = {n for at in watch.opened for n in (at, at + 1, at + 2)}
    drawn = random.Random(seed).sample(range(1, watch.calls + 1), points)
    return sorted({n for n in around | set(drawn) if n > 0})


def main(points: int = 40, seed: int = 1) -> None:
    """Try every file, way and moment; print what came of it."""
    began = time.monotonic()
    ends: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        model = train_model(Path(folder))
        (Path(folder) / "site").mkdir()
        trial = Trial(Intake(Path(folder) / "site", model))
        first, watch = trial.score(0, lambda: None)
        when = moments(watch, points, seed)
        for name in first_delivery():
            for way in WAYS:
                path, text = trial.intake.folder / name, second_delivery()[name]

                def replace(way=way, path=path, text=text) -> None:  # type: ignore[no-untyped-def]
                    way(path, text)

                trial.deliver(first_delivery())
                replace()
                second = trial.run(Watch(trial.intake.folder, act=lambda: None))
                counted = ends.setdefault(f"{name}, {way.__name__}", Counter())
                for at in when:
                    outcome, _ = trial.score(at, replace)
                    end = _end(outcome, first, second)
                    counted[end] += 1
                    if end == "wrong":
                        wrong.append(f"{name} {way.__name__} at call {at}: {outcome}")
    for what, counted in ends.items():
        print(
            f"{what:32}", ", ".join(f"{n} {end}" for end, n in sorted(counted.items()))
        )
    total = sum(map(Counter.total, ends.values()))
    print(
        f"{total} runs, {len(when)} moments each, seed {seed}: {len(wrong)} wrong, in "
        f"{time.monotonic() - began:.0f} s"
    )
    print(*wrong[:20], sep="\n")
    sys.exit(bool(wrong))


def _end(outcome: Outcome, first: Outcome, second: Outcome) -> str:
    if outcome.code == 12:
        return "refused with 12"
    if outcome == first:
        return "the first delivery"
    return "the second delivery" if outcome == second else "wrong"


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
