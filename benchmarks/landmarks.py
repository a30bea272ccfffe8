"""How good the models of landmarks are, beside step 1 and the truth known there.

Run: python -m benchmarks.landmarks [--seeds 1 2 3] [--cases 20000] [--target
long_absence] [--weeks 8 13 22 26]. With light fits
(logistic alone, no search). Long absence at weeks 8, 13, 22 and 26 with 26 more weeks,
on sites in whose absences something happens: two facts that change the course and one
that changes nothing; long benefit at 26 + 26 and 52 + 52 weeks. On the newest cases at
the landmark, whose true risk is known. Prints the figures of every draw as they come,
what share of a year's places each stage has, and last a table: each measure, what it
must be, what was reached over all draws.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.attainable import own_terms
from benchmarks.light_fit import MODELS, lighten, read_made
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import SilentReporter
from riskscreen.spec import Column, Landmark, Specification, Words, read_specification
from riskscreen.training import (
    Dataset,
    TrainingResult,
    ship_landmarks,
    ship_model,
    train,
)
from riskscreen.training.landmarks import LandmarkTraining, train_landmark
from riskscreen.training.studies.landmarks import JudgedLandmark, judge_landmark
from riskscreen_synthetic import synthesise_site

LANDMARKS = {
    "long_absence": tuple(Landmark(week=w, more_weeks=26) for w in (8, 13, 22, 26)),
    "long_benefit": tuple(Landmark(week=w, more_weeks=w) for w in (26, 52)),
}
BETTER = (13, 22)
"""Where a model of its own must be better than step 1 in 20,000 cases."""
FLAT = 0.10
"""Where the true risks' SD is smaller, no claim of order is made."""
MOVING, NULL = ("partly_back_on", "job_lost_on"), ("first_talk_held_on",)


def specify(target: str, weeks: Sequence[int]) -> Specification:
    """Return *target* with light fits, its landmarks and the facts known there."""
    spec = lighten(read_specification(MODELS / f"{target}.toml"))
    facts = {
        name: Column(
            type="date",
            known="landmark",
            idea="work",
            label=Words(da=name, en=name),
        )
        for name in (*MOVING, *NULL)
        if target == "long_absence"
    }
    asked = tuple(of for of in LANDMARKS[target] if of.week in weeks)
    changes = {"columns": spec.columns | facts, "landmarks": asked}
    return spec.model_copy(update=changes)


def make(
    target: str, seed: int, *, cases: int, weeks: Sequence[int]
) -> tuple[Dataset, pd.DataFrame, pd.DataFrame]:
    """Return a municipality, its truth at T0 and that at each landmark."""
    site = synthesise_site(cases=cases, seed=seed, landmarks=True, landmark_facts=True)
    made = site.targets[target]
    assert made.landmarks is not None
    return read_made(site, specify(target, weeks)), made.truth, made.landmarks


def drop_facts(dataset: Dataset, facts: tuple[str, ...]) -> Dataset:
    """Return *dataset* with a specification that lacks these *facts*."""
    spec = dataset.spec
    kept = {name: c for name, c in spec.columns.items() if name not in facts}
    return replace(dataset, spec=spec.model_copy(update={"columns": kept}))


@dataclass(frozen=True)
class Figures:
    """What is measured at one landmark of one draw, or at its intake (week 0).

    ``ratio`` is the distance of the risk taken to the truth over the oracle's, ``off``
    observed minus expected, ``slope`` that of the truth on the risk (NaN where the
    truth's SD is below .10), ``covered`` how often the 90 % interval holds the truth.
    ``brier`` is the expected Brier score of the own model less step 1's, with the 95 %
    interval ``low`` to ``high``; ``facts`` and ``null`` that less without these facts.
    ``cpu`` are seconds of training; ``corrects`` says that the own model corrects
    step 1.
    """

    seed: int
    week: int
    n: int
    own: bool
    ratio: float
    off: float
    slope: float
    covered: float
    brier: float = np.nan
    low: float = np.nan
    high: float = np.nan
    facts: float = np.nan
    null: float = np.nan
    cpu: float = 0.0
    lacks: str = ""
    corrects: bool = False


def measure_draw(
    target: str, seed: int, *, cases: int, weeks: Sequence[int]
) -> list[Figures]:
    """Return the figures of the intake, then of each landmark."""
    dataset, truth, landmarks = make(target, seed, cases=cases, weeks=weeks)
    began = time.process_time()
    result = train(dataset)
    spent = time.process_time() - began
    test = result.split.test
    features = dataset.features.iloc[test]
    true = truth.set_index("case_id")["risk"]
    true = true.reindex(dataset.cases["case_id"].iloc[test]).to_numpy()
    scored = result.model.score(features)
    found = [
        Figures(
            seed,
            0,
            len(test),
            True,
            np.nan,
            float(result.test_cases["long"].mean() - scored.risk.mean()),
            fit_slope(scored.risk, true),
            count_covered(result.model, features, true),
            cpu=spent,
        )
    ]
    trained = {}
    for landmark in dataset.spec.landmarks:
        at = (landmarks["week"] == landmark.week) & (
            landmarks["horizon"] == landmark.horizon_weeks
        )
        true = landmarks[at].set_index("case_id")["risk"]
        began = time.process_time()
        one = train_landmark(dataset, result, landmark, reporter=SilentReporter())
        spent = time.process_time() - began
        if isinstance(one, str):
            nothing = (np.nan,) * 4
            found.append(Figures(seed, landmark.week, 0, False, *nothing, lacks=one))
            continue
        trained[landmark] = one
        found.append(
            replace(_measure(seed, dataset, result, landmark, one, true), cpu=spent)
        )
    print_places(dataset, result, trained)
    return found


def _measure(
    seed: int,
    dataset: Dataset,
    result: TrainingResult,
    landmark: Landmark,
    trained: LandmarkTraining,
    truth: "pd.Series[float]",
) -> Figures:
    at, test = trained.dataset, trained.result.split.test
    features = at.features.iloc[test]
    own, step_1 = trained.result.model.score(features).risk, trained.step_1[test]
    true = truth.reindex(at.cases["case_id"].iloc[test]).to_numpy()
    known = np.isfinite(true) & np.isfinite(step_1)
    taken = judge_landmark(landmark, trained, dataset.efforts).own
    risk = own if taken else step_1
    less = _expect(own, true)[known] - _expect(step_1, true)[known]
    error = 1.96 * less.std() / np.sqrt(len(less))
    without = []
    for facts in (MOVING, NULL) if MOVING[0] in dataset.spec.columns else ():
        other = train_landmark(
            drop_facts(dataset, facts), result, landmark, reporter=SilentReporter()
        )
        assert not isinstance(other, str)
        risk_without = other.result.model.score(other.dataset.features.iloc[test]).risk
        without.append((_expect(own, true) - _expect(risk_without, true))[known].mean())
    long = at.table["long"].to_numpy()[test]
    oracle = predict_oracle(trained) if without else np.full(len(true), np.nan)
    distance = abs(risk - true)[known].mean()
    return Figures(
        seed,
        landmark.week,
        int(known.sum()),
        taken,
        distance / abs(oracle - true)[known].mean(),
        float(long[known].mean() - risk[known].mean()),
        fit_slope(risk[known], true[known]),
        count_covered(trained.result.model, features, true) if taken else np.nan,
        less.mean(),
        less.mean() - error,
        less.mean() + error,
        *(without or [np.nan, np.nan]),
        corrects=trained.corrects,
    )


def _expect(risk: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the expected Brier score of each case, over its true risk."""
    return true * (1 - risk) ** 2 + (1 - true) * risk**2


def predict_oracle(trained: LandmarkTraining) -> np.ndarray:
    """Return the test's risks by a penalised fit on the generator's own terms.

    Those of intake, seen from the landmark, and the two facts that move the course;
    each landmark apart.
    """
    at, split = trained.dataset, trained.result.split
    terms = own_terms(at.features).assign(**{n: at.features[n] for n in MOVING})
    long = at.table["long"].to_numpy()
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    fitted.fit(terms.iloc[split.train], long[split.train].astype(int))
    risk: np.ndarray = fitted.predict_proba(terms.iloc[split.test])[:, 1]
    return risk


def fit_slope(risk: np.ndarray, true: np.ndarray) -> float:
    """Return the slope of the truth on the risk, in log-odds; NaN of a flat truth."""
    known = np.isfinite(true) & (true > 0) & (true < 1)
    if true[known].std() < FLAT:
        return np.nan
    return float(np.polyfit(logit(risk[known]), logit(true[known]), 1)[0])


def count_covered(model: RiskModel, features: pd.DataFrame, true: np.ndarray) -> float:
    """Return how often the 90 % interval holds the truth."""
    doubt = model.estimate_uncertainty(features, model.score(features))
    known = np.isfinite(true) & np.isfinite(doubt.low)
    return float(((doubt.low <= true) & (true <= doubt.high))[known].mean())


def print_places(
    dataset: Dataset,
    result: TrainingResult,
    trained: Mapping[Landmark, LandmarkTraining],
) -> None:
    """Print what share of the places and of the arrivals each stage has."""
    judged = [
        JudgedLandmark(of, judge_landmark(of, one, dataset.efforts), trained=one)
        for of, one in trained.items()
    ]
    judged = [replace(of, evaluation=replace(of.evaluation, gates=())) for of in judged]
    shipped = ship_landmarks(ship_model(result, dataset), dataset, judged)
    model, newest = shipped.model, dataset.cases["decision_date"].max()
    year = newest - pd.Timedelta(weeks=52)
    arrived, proposed = {}, {}
    for week in (None, *model.stages):
        stage = model.find_stage(week)
        if stage.policy.threshold is None:
            continue
        at, features = dataset, dataset.features
        if week is not None:
            (one,) = (t for of, t in trained.items() if of.week == week)
            at, features = one.dataset, one.dataset.features
            if stage.spec.features().keys() == model.spec.features().keys():
                features = dataset.features.loc[at.cases["case_id"]]
        recent = (at.cases["decision_date"] > year).to_numpy()
        risk = stage.score(features[recent]).risk
        units = at.list_units()[recent]
        name = "intake" if week is None else f"week {week}"
        arrived[name] = len(risk)
        proposed[name] = int(stage.policy.propose(risk, units).proposed.sum())
    total, places = sum(arrived.values()), max(sum(proposed.values()), 1)
    for name, n in arrived.items():
        share, load = proposed[name] / places, n / total
        print(f"places: {name} has {share:.0%}, of the load {load:.0%}")


def tell_rows(target: str, found: Sequence[Figures]) -> Iterator[str]:
    """Yield each acceptance row: the measure, what it must be, what was reached."""
    intake = {of.seed: of for of in found if of.week == 0}
    at = [of for of in found if of.week and not of.lacks]
    for of in found:
        if of.lacks:
            yield f"| week {of.week}, draw {of.seed} | a model | {of.lacks} |"
    if not at:
        return
    ratios = np.array([of.ratio for of in at])
    if np.isfinite(ratios).any():
        yield (
            "| distance ÷ oracle | mean ≤ 1.08, any ≤ 1.15 | "
            f"{np.nanmean(ratios):.2f}, {np.nanmax(ratios):.2f} |"
        )
    off = np.array([of.off - intake[of.seed].off for of in at])
    yield f"| O−E less the intake's | within .02 | {off[abs(off).argmax()]:+.3f} |"
    slopes = [of.slope for of in at if np.isfinite(of.slope)]
    flat = [of.off for of in at if not np.isfinite(of.slope)]
    if slopes:
        yield f"| slope on the truth | mean .92-1.10 | {np.mean(slopes):.2f} |"
    if flat:
        yield f"| O−E where it is flat | within .03 | {max(flat, key=abs):+.3f} |"
    held = np.array([of.covered for of in at if of.own])
    if len(held):
        under = min(of.covered - intake[of.seed].covered for of in at if of.own)
        yield (
            "| 90 % interval | mean 85-95 %, any ≥ 78 %, at most 5 points under intake "
            f"| {held.mean():.1%}, {held.min():.1%}, {100 * under:+.1f} |"
        )
    yield from _tell_brier(at)
    if np.isfinite(at[0].facts):
        facts, null = ([getattr(of, n) for of in at] for n in ("facts", "null"))
        yield f"| with the two facts | below 0 | {max(facts):+.4f} at most |"
        yield f"| with the null fact | within ±.0005 | {max(null, key=abs):+.4f} |"
    if target == "long_benefit":
        yield f"| O−E | within .03 | {max((of.off for of in at), key=abs):+.3f} |"
    spent = sum(of.cpu for of in at) / sum(of.cpu for of in intake.values())
    yield f"| CPU of all landmarks ÷ the intake's | ≤ 2 | {spent:.2f} |"


def _tell_brier(at: Sequence[Figures]) -> Iterator[str]:
    """Yield a row for each week: its own model less step 1."""
    for week in dict.fromkeys(of.week for of in at):
        own = [of for of in at if of.week == week]
        brier, low, high = (
            np.mean([getattr(of, name) for of in own])
            for name in ("brier", "low", "high")
        )
        must = "wholly below 0" if week in BETTER else "≤ +.001, or step 1"
        reached = f"{brier:+.4f} ({low:+.4f} to {high:+.4f})"
        corrects = sum(of.own and of.corrects for of in own)
        taken = (
            f"own in {sum(of.own for of in own)} of {len(own)}, {corrects} correcting"
        )
        yield f"| Brier, week {week}, own less step 1 | {must} | {reached}; {taken} |"


def main() -> None:
    """Print a table of every draw."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--target", choices=[*LANDMARKS], default="long_absence")
    every = sorted({of.week for asked in LANDMARKS.values() for of in asked})
    parser.add_argument("--weeks", type=int, nargs="*", default=every)
    parser.add_argument("--cases", type=int, default=20_000)
    asked = parser.parse_args()
    found: list[Figures] = []
    for seed in asked.seeds:
        draw = measure_draw(asked.target, seed, cases=asked.cases, weeks=asked.weeks)
        for one in draw:
            print(one, flush=True)
            found.append(one)
    print("| measure | must | reached |\n|---|---|---|")
    for row in tell_rows(asked.target, found):
        print(row)


if __name__ == "__main__":
    main()
