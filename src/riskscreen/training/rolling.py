"""Refits that did not see a period, or a municipality, and how good they are there."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.calibration import log_loss_of
from riskscreen.errors import TableError
from riskscreen.estimators.design import design_of
from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    SampleSize,
    compare,
    cox_snell_r2,
    sample_size,
)
from riskscreen.evaluation.figure import named
from riskscreen.evaluation.parts import Part, Spread, by_part, spread
from riskscreen.features.catalogue import catalogue
from riskscreen.progress import Reporter, Silent
from riskscreen.screening import ScreeningModel
from riskscreen.spec import Specification
from riskscreen.spec import Split as SplitRule
from riskscreen.splits import Split, known_before_first, split_cases
from riskscreen.training.fitting import TrainingResult, train
from riskscreen.training.judging import judged_cases
from riskscreen.training.preparation import Prepared
from riskscreen.training.rows import rows_of, without
from riskscreen.training.steadiness import Sign, signs, top_overlap

Numbers = npt.NDArray[np.float64]

PERIODS = 4
"""How many of the newest periods are judged, each by a model of its own past."""

PERIOD_WEEKS = (52, 26, 13)
MOST_PLACES = 10
"""More municipalities than these are not left out in turn: the largest are."""

_SHOWN = ("auc", "brier", "calibration_slope", "observed_less_expected")


@dataclass(frozen=True, slots=True)
class Refit:
    """A model that never saw the cases at *test* (positions in Prepared.known).

    ``name`` is the period or municipality of those cases, ``taught`` how many others
    taught the model, ``risk`` what it says of each.
    """

    name: str
    taught: int
    model: ScreeningModel
    test: npt.NDArray[np.int64]
    risk: Numbers


@dataclass(frozen=True, slots=True)
class Unseen:
    """Figures on cases that the fits behind them had not seen, part by part.

    ``comparison`` is, where the whole model was judged on the same cases, the refits
    less that model. ``words`` say how the parts were made.
    """

    refits: tuple[Refit, ...]
    parts: tuple[Part, ...]
    words: str
    comparison: Comparison | None = None

    @property
    def spread(self) -> tuple[Spread, ...]:
        """How each figure varies over the parts that are not hidden."""
        return spread(self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Parts with the number of cases that taught, their spread and words."""
        taught = {refit.name: refit.taught for refit in self.refits}
        return {
            "parts": [p.to_dict() | {"taught": taught[p.name]} for p in self.parts],
            "spread": [asdict(s) for s in self.spread],
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "words": self.words,
        }

    def lines(self) -> tuple[str, ...]:
        """A line per part and one for the spread, for a person who reads along."""
        shown = (
            f"  {part.name}: " + ", ".join(_words(part, name) for name in _SHOWN)
            if part.figures
            else f"  {part.name}: hidden, too few people"
            for part in self.parts
        )
        over = (
            f"{s.name} {s.lowest:.3f} to {s.highest:.3f}"
            for s in self.spread
            if s.name in _SHOWN
        )
        return (
            self.words,
            *shown,
            f"  from the lowest to the highest: {'; '.join(over)}",
        )


@dataclass(frozen=True, slots=True)
class Validation:
    """What a model's recipe is worth on periods and places it has not seen.

    ``overlap`` is the share of top reasons that each refit has in common with the whole
    model on its test cases. ``sample_size`` is None where it cannot be said.
    """

    kind: str
    periods: Unseen
    places: Unseen | None
    overlap: dict[str, float]
    signs: tuple[Sign, ...]
    sample_size: SampleSize | None

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it; aggregates only."""
        return {
            "kind": self.kind,
            "rolling_origin": self.periods.to_dict(),
            "leave_one_municipality_out": (
                self.places.to_dict() if self.places else None
            ),
            "top_reasons_overlap": dict(self.overlap),
            "directions": [sign.to_dict() for sign in self.signs],
            "sample_size": self.sample_size.to_dict() if self.sample_size else None,
        }

    def lines(self) -> tuple[str, ...]:
        """What is worth reading, a line each."""
        shares = list(self.overlap.values())
        against = [s.feature for s in self.signs if s.agrees is False]
        agree = sum(s.agrees is True for s in self.signs)
        return (
            *self.periods.lines(),
            *(self.places.lines() if self.places else ()),
            *(
                [
                    f"top reasons in common with a refit: {np.mean(shares):.0%} on "
                    f"average, {min(shares):.0%} at the least"
                ]
                if shares
                else []
            ),
            f"directions: {agree} features pull as the specification says, "
            f"{len(against)} against it{': ' if against else ''}{', '.join(against)}",
            *([_size_words(self.sample_size)] if self.sample_size else []),
        )


def validation_record(
    prepared: Prepared, result: TrainingResult, *, reporter: Reporter | None = None
) -> dict[str, Any]:
    """The validation of *result*'s recipe as JSON can hold it; see validate."""
    return validate(prepared, result, reporter=reporter).to_dict()


def validate(
    prepared: Prepared, result: TrainingResult, *, reporter: Reporter | None = None
) -> Validation:
    """Rolling origin, each municipality left out, and how still the reasons hold.

    Every refit goes through the whole training again, but for the choice between
    candidates, which is *result*'s.
    """
    kind = result.choice.kind
    periods = rolling_origin(prepared, kind=kind, reporter=reporter)
    places = leave_one_out(prepared, result, reporter=reporter)
    test = result.known.iloc[result.split.test]
    features = prepared.features.iloc[test.index.to_numpy()]
    refits = (*periods.refits, *(places.refits if places else ()))
    return Validation(
        kind=kind,
        periods=periods,
        places=places,
        overlap=top_overlap(
            result.model, {refit.name: refit.model for refit in refits}, features
        ),
        signs=signs(result.model, features),
        sample_size=_sample_size(prepared, result),
    )


def rolling_origin(
    prepared: Prepared,
    *,
    kind: str,
    periods: int = PERIODS,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> Unseen:
    """The figures of *kind* in each of the newest *periods*, taught by its past alone.

    What may teach has an outcome known before the period's first decision: the horizon
    is the gap. A period is the longest of PERIOD_WEEKS that leaves half of the cases
    to teach the first model; where cases have no dates, it is theirs.
    Raises TableError where no period has a past to learn from.
    """
    known = prepared.known()
    origins = list(_origins(known, prepared.spec, periods))
    if not origins:
        raise TableError(
            f"{prepared.spec.name}: no period has earlier cases enough to learn from. "
            "Deliver more years of cases."
        )
    refits = _refits(prepared, known, origins, kind, "Rolling origin", reporter)
    return Unseen(
        refits=refits,
        parts=_parts(known, refits, bootstrap),
        words=_origin_words(kind, len(refits), prepared.spec.split),
    )


def leave_one_out(
    prepared: Prepared,
    result: TrainingResult,
    *,
    bootstrap: Bootstrap | None = None,
    reporter: Reporter | None = None,
) -> Unseen | None:
    """Figures in each municipality of models taught by the others, on the test cases.

    ``comparison`` is those models less *result*'s, on the same cases: what knowing the
    municipality's own past was worth. None where there is only one municipality.
    """
    known, split, kind = result.known, result.split, result.choice.kind
    if "municipality" not in known or known["municipality"].nunique() < 2:
        return None
    left_out = list(_left_out(known, split))
    refits = _refits(prepared, known, left_out, kind, "Leaving one out", reporter)
    if not refits:
        return None
    test = np.concatenate([refit.test for refit in refits])
    cases = known.iloc[test]
    whole = result.model.score(prepared.features.iloc[cases.index.to_numpy()]).risk
    comparison = compare(
        judged_cases(cases),
        np.concatenate([refit.risk for refit in refits]),
        whole,
        names=("taught elsewhere", "taught everywhere"),
        bootstrap=bootstrap or Bootstrap(),
    )
    return Unseen(
        refits=refits,
        parts=_parts(known, refits, bootstrap),
        words=f"Leaving one municipality out: each of {len(refits)} judged by {kind} "
        f"taught by the others; less the model taught everywhere, AUC "
        f"{comparison.auc.text()}.",
        comparison=comparison,
    )


def period_weeks(known: pd.DataFrame, periods: int = PERIODS) -> int:
    """The longest of PERIOD_WEEKS that leaves half of *known* to the first model."""
    for weeks in PERIOD_WEEKS:
        first = _bounds(known, weeks, periods)[0]
        if known_before_first(known, first).mean() >= 0.5:
            return weeks
    return PERIOD_WEEKS[-1]


def _bounds(known: pd.DataFrame, weeks: int, periods: int) -> list[pd.Timestamp]:
    """First days of the newest periods, and the day after the last of them."""
    end = known["decision_date"].max() + pd.Timedelta(days=1)
    return [end - pd.Timedelta(weeks=weeks * k) for k in range(periods, -1, -1)]


def _origins(
    known: pd.DataFrame, spec: Specification, periods: int
) -> Iterator[tuple[str, Split]]:
    """(name, split) of each period that has a past, oldest first."""
    rule, seed = spec.split, spec.estimator.seed
    by_period = rule.column == "period"
    rules = _by_period if by_period else _by_date
    for name, moved in rules(known, rule, periods):
        try:
            yield name, split_cases(known, moved, seed=seed)
        except TableError:
            # Too short a past for this period; the newer ones have more.
            continue


def _by_date(
    known: pd.DataFrame, rule: SplitRule, periods: int
) -> Iterator[tuple[str, SplitRule]]:
    bounds = _bounds(known, period_weeks(known, periods), periods)
    for first, end in pairwise(bounds):
        last = end - pd.Timedelta(days=1)
        moved = {"train_until": first.date(), "test_until": end.date()}
        yield f"{first:%Y-%m-%d} to {last:%Y-%m-%d}", rule.model_copy(update=moved)


def _by_period(
    known: pd.DataFrame, rule: SplitRule, periods: int
) -> Iterator[tuple[str, SplitRule]]:
    numbers = sorted(int(p) for p in known["period"].unique())
    for place in range(max(1, len(numbers) - periods), len(numbers)):
        moved = {
            "train_periods": tuple(numbers[:place]),
            "test_periods": (numbers[place],),
        }
        name = str(numbers[place]).zfill(len(str(numbers[-1])))
        yield f"period {name}", rule.model_copy(update=moved)


def _left_out(known: pd.DataFrame, split: Split) -> Iterator[tuple[str, Split]]:
    """(municipality, *split* taught without it and tested on it), the largest ones."""
    place = known["municipality"].to_numpy()
    largest = known["municipality"].iloc[split.test].value_counts().index[:MOST_PLACES]
    for name in sorted(largest):
        there = np.flatnonzero(place == name)
        moved = replace(
            split,
            training=without(split.training, there),
            earlier=without(split.earlier, there),
            tuning=without(split.tuning, there),
            choosing=without(split.choosing, there),
            test=np.intersect1d(split.test, there),
        )
        if all(len(part) for part in (moved.earlier, moved.tuning, moved.choosing)):
            yield str(name), moved


def _refits(
    prepared: Prepared,
    known: pd.DataFrame,
    splits: Sequence[tuple[str, Split]],
    kind: str,
    label: str,
    reporter: Reporter | None,
) -> tuple[Refit, ...]:
    tell, one_kind = reporter or Silent(), _of_kind(prepared, kind)
    refits = []
    with tell.steps(label, len(splits)) as step:
        for name, split in splits:
            model = train(one_kind, split=split, kind=kind).model
            places = known.index.to_numpy()[split.test]
            risk = model.score(prepared.features.iloc[places]).risk
            refits.append(Refit(name, len(split.training), model, split.test, risk))
            step()
    return tuple(refits)


def _of_kind(prepared: Prepared, kind: str) -> Prepared:
    """*prepared* with no candidate that *kind* does not need."""
    if kind == "blend":
        return prepared
    spec = prepared.spec
    estimator = spec.estimator.model_copy(update={"candidates": (kind,)})
    return replace(prepared, spec=spec.model_copy(update={"estimator": estimator}))


def _parts(
    known: pd.DataFrame, refits: Sequence[Refit], bootstrap: Bootstrap | None
) -> tuple[Part, ...]:
    test = np.concatenate([refit.test for refit in refits])
    names = np.repeat([r.name for r in refits], [len(r.test) for r in refits])
    risk = np.concatenate([refit.risk for refit in refits])
    return by_part(judged_cases(known.iloc[test]), risk, names, bootstrap=bootstrap)


def _sample_size(prepared: Prepared, result: TrainingResult) -> SampleSize | None:
    """Whether the training cases suffice, by what the model explains of the test.

    Every column that the linear estimator considered counts as a parameter.
    """
    rows = rows_of(prepared, result.known)
    taught, judged = rows.at(result.split.training), rows.at(result.split.test)
    design = design_of(
        taught.values, catalogue(result.spec), knots=result.spec.estimator.spline_knots
    )
    names = [f.name for f in result.model.features]
    scored = result.model.score(pd.DataFrame(judged.values, columns=names))
    rate = float(judged.long.mean())
    if not 0 < rate < 1:
        return None
    loss = float(log_loss_of(scored.log_odds, judged.long).mean())
    return sample_size(
        len(taught.long),
        parameters=len(design.feature),
        base_rate=rate,
        r2=cox_snell_r2(loss, base_rate=rate),
    )


def _origin_words(kind: str, periods: int, rule: SplitRule) -> str:
    taught = "outcomes known before its first decision"
    if rule.column == "period":
        taught = "the periods before it (there are no dates, so no horizon between)"
    return f"Rolling origin, periods: {periods}. Each judges {kind} taught by {taught}."


def _words(part: Part, name: str) -> str:
    return f"{name} {named(part.figures, name).text()}"


def _size_words(size: SampleSize) -> str:
    """Riley's answer in a sentence."""
    found = "enough" if size.enough else "too few"
    return (
        f"sample size: {size.n:,} cases for {size.parameters} parameters are {found} "
        f"({size.needed:,} needed without any penalty)"
    )
