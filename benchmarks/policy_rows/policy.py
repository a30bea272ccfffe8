"""What the card says is what happens: proposals at the door, and places filled."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

import riskscreen
from benchmarks.light_fit import lighten
from benchmarks.policy_rows import Row
from riskscreen.arrivals import name_units
from riskscreen.cli import app
from riskscreen.policy import Places, set_thresholds
from riskscreen.readers.site import read_site
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.spec import read_specification
from riskscreen.training import Dataset, TrainingResult, prepare, train
from riskscreen.training.model_parts.arrival_counts import count_arrivals
from riskscreen.training.studies.proposals import apply_policy
from riskscreen_synthetic import SyntheticSite, synthesise_site, write_site
from tests.approving import save_approved

TARGET = "long_absence"
MODELS = Path(__file__).parents[2] / "models"
WEEKS = 52
BY_COMMAND = 50
_OLD_LABELS = 60
_OTHERS = 40
_WITHIN = 0.05
_BASE_RISK = 0.3


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield the rows of the policy; *quick* is a smoke size."""
    with tempfile.TemporaryDirectory() as room:
        yield from compare_doors(
            Path(room),
            cases=700 if quick else 2_400,
            asked=12 if quick else None,
            by_command=2 if quick else BY_COMMAND,
        )
    for arrivals in (26, 100, 200):
        yield fill_places(arrivals, draws=3 if quick else 40)


@dataclass(frozen=True)
class _Doors:
    """An approved model with the card's thresholds, and what a site delivers to it."""

    model: ApprovedModel
    folder: Path
    cases: pd.DataFrame
    history: pd.DataFrame

    def cut(self, cases: pd.DataFrame, night: date) -> pd.DataFrame:
        """Return the register as it stood that night, of the people of *cases*.

        Some others stand for the rest of it: a register is never empty.
        """
        people = {*cases["person_id"], *self.history["person_id"].unique()[:_OTHERS]}
        past = self.history[self.history["person_id"].isin(people)]
        known = past[past["registered_on"] <= pd.Timestamp(night)]
        still = known["end_date"] > pd.Timestamp(night)
        return known.assign(end_date=known["end_date"].mask(still))


def compare_doors(
    room: Path, *, cases: int, by_command: int, asked: int | None = None
) -> Iterator[Row]:
    """Yield whether each door proposes whom the card proposed, case by case.

    The model carries the thresholds of the year before the test, as the card does, and
    is loaded from its folder. Cases that only one side has are told apart: routed at
    the door by what came later, or no longer at risk by what came later. Of the test
    year's cases only the first *asked* come to the doors, where that is a number.
    """
    made = synthesise_site(cases=cases, years=6, seed=11)
    dataset, result = _train(made, room / "site")
    card = _propose_by_card(dataset, result)
    folder = room / "model"
    save_approved(result.model, folder)  # the judged one, whose figures the card has
    delivered = made.targets[TARGET].cases
    tested = delivered["decision_date"].between(
        result.split.first_test, result.test_cases["decision_date"].max()
    )
    doors = _Doors(
        model=riskscreen.load_model(folder),
        folder=folder,
        cases=delivered[tested].head(asked or len(delivered)).reset_index(drop=True),
        history=made.history,
    )
    card = card[card.index.isin(doors.cases["case_id"])]
    nightly = _score_by(doors, doors.cases["decision_date"])
    yield _compare("night by night", card, nightly)
    yield _compare("one by one", card, _score_by(doors, doors.cases["case_id"]))
    together = _score_together(doors, dataset.extract_date)
    yield _compare("in one frame", card, together)
    both = card.index.intersection(nightly.index)
    some = _score_by_command(doors, room, by_command, scored=both)
    yield _compare("by the command", card[card.index.isin(some.index)], some)


def _train(made: SyntheticSite, folder: Path) -> tuple[Dataset, TrainingResult]:
    """Train a light model on the synthetic site, whose places are its municipalities'.

    Some of the six are too small for a threshold of their own.
    """
    write_site(made, folder)
    stated = (folder / "site.toml").read_text("utf-8")
    head, _, tail = stated.partition(f"[places.{TARGET}]")
    rest = tail.partition("\n\n")[2]
    places = f'[places.{TARGET}]\nshared_by = "municipality"\nper_week = 0.4\n\n'
    (folder / "site.toml").write_text(head + places + rest, encoding="utf-8")
    spec = read_specification(MODELS / f"{TARGET}.toml")
    # The judged model knows nothing of the test, so at the extract its labels are old.
    ages = spec.delivery.model_copy(update={"max_label_age_months": _OLD_LABELS})
    spec = spec.model_copy(update={"delivery": ages})
    dataset = prepare(lighten(spec), read_site(folder))
    return dataset, train(dataset)


def _propose_by_card(dataset: Dataset, result: TrainingResult) -> "pd.Series[bool]":
    """Return whom the card counts as proposed, of all cases, by case_id."""
    risk, table = result.model.score(dataset.features).risk, dataset.table
    found = apply_policy(result.model.policy, result.model, dataset, table, risk)
    assert found is not None  # the site states places
    return pd.Series(found.flags > 0, index=table["case_id"].to_numpy())


def _score_by(doors: _Doors, key: "pd.Series[object]") -> "pd.Series[bool]":
    """Score the cases of each *key* by themselves, the register cut at their night."""
    parts = []
    for _, cases in doors.cases.groupby(key.to_numpy(), sort=True):
        night = cases["decision_date"].iloc[0].date()
        delivered = cases.reset_index(drop=True)
        scoring = doors.model.score(delivered, doors.cut(cases, night), as_of=night)
        parts.append(scoring.scores.set_index("case_id")["proposed"])
    return pd.concat(parts)


def _score_together(doors: _Doors, day: date | None) -> "pd.Series[bool]":
    """Score all cases in one frame, by the register of the extract."""
    scoring = doors.model.score(doors.cases, doors.history, as_of=day)
    return scoring.scores.set_index("case_id")["proposed"]


def _score_by_command(
    doors: _Doors, room: Path, n: int, *, scored: "pd.Index[str]"
) -> "pd.Series[bool]":
    """Score *n* of the *scored* cases, over the year, each by its own command."""
    parts, runner = [], CliRunner()
    known = doors.cases[doors.cases["case_id"].isin(scored)]
    ordered = known.sort_values(["decision_date", "case_id"])
    for place in np.linspace(0, len(ordered) - 1, n).astype(int):
        case = ordered.iloc[[place]]
        night = case["decision_date"].iloc[0].date()
        case.to_parquet(room / "case.parquet", index=False)
        doors.cut(case, night).to_parquet(room / "past.parquet", index=False)
        arguments = ["score", room / "case.parquet", "--history", room / "past.parquet"]
        arguments += ["--as-of", night, "--model", doors.folder, "--out", room / "out"]
        ran = runner.invoke(app, list(map(str, arguments)))
        if ran.exit_code:
            raise RuntimeError(f"score ended with {ran.exit_code}: {ran.output}")
        scores = pd.read_parquet(room / "out" / "scores.parquet")
        parts.append(scores.set_index("case_id")["proposed"])
    return pd.concat(parts)


def _compare(door: str, card: "pd.Series[bool]", found: "pd.Series[bool]") -> Row:
    """Return whether both propose the same; what only one of them has is told apart."""
    both = card.index.intersection(found.index)
    same = int((card[both] == found[both]).sum())
    words = f"{same:,} of {len(both):,} the same, {int(found[both].sum()):,} proposed"
    if apart := len(found) - len(both):
        words += f"; apart: {apart} scored that the card leaves out by what came later"
    if routed := len(card) - len(both):
        words += f"; apart: {routed} routed at the door alone, by what came later"
    return Row(
        f"proposals of the test year {door}, beside the card's",
        words,
        "the same, case by case",
        same == len(both) > 0,
    )


def fill_places(arrivals: int, *, draws: int, places: float = 14.0) -> Row:
    """Return how many are proposed a week, in the mean over *draws* pairs of years.

    The first year of a pair sets the thresholds, the second is proposed by them. Places
    are shared by three municipalities of unlike size and risk, 14 in all.
    """
    proposed, due = [], []
    for draw in range(draws):
        random = np.random.default_rng([draw, arrivals])
        before, after = _draw_year(random, arrivals), _draw_year(random, arrivals)
        log_odds, units, days = before
        since = pd.Timestamp("2024-01-01")
        policy = set_thresholds(
            count_arrivals(
                log_odds,
                units,
                np.arange(len(units)),
                days,
                since=since,
                until=since + pd.Timedelta(weeks=WEEKS),
            ),
            Places("municipality", places / 3),
            base_risk=_BASE_RISK,
        )
        risk = 1 / (1 + np.exp(-after[0]))
        proposed.append(policy.propose(risk, after[1]).proposed.sum() / WEEKS)
        above = pd.Series(risk > _BASE_RISK).groupby(after[1]).sum() / WEEKS
        due.append(above.clip(upper=places / 3).sum())
    mean, must = float(np.mean(proposed)), float(np.mean(due))
    off = mean / must - 1
    return Row(
        f"proposals a week, {arrivals} cases a week, {places:g} places",
        f"{mean:.2f} beside {must:.2f} ({off:+.1%})",
        f"mean within {_WITHIN:.0%}",
        abs(off) <= _WITHIN,
    )


def _draw_year(
    random: np.random.Generator, arrivals: int
) -> tuple[np.ndarray, np.ndarray, "pd.Series[pd.Timestamp]"]:
    """Draw a year of arrivals: log-odds, units and days."""
    n = random.poisson(arrivals * WEEKS)
    town = random.choice(3, n, p=[0.5, 0.3, 0.2])
    log_odds = random.normal(np.array([-1.2, -0.8, -0.5])[town], 1.0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        random.integers(0, 7 * WEEKS, n), unit="D"
    )
    names = pd.Series(np.array(["A", "B", "C"])[town])
    return log_odds, name_units(names, names), pd.Series(days)
