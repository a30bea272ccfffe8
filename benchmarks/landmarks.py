"""How good the models of landmarks are, beside step 1 and the truth known there.

Run: python -m benchmarks.landmarks [--seeds 1 2 3] [--cases 20000] [--target
long_absence] [--weeks 8 13 22 26] [--as-of 2018-01-01]. With light fits
(logistic alone, no search). Long absence at weeks 8, 13, 22 and 26 with 26 more weeks,
on sites in whose absences something happens: two facts that change the course and one
that changes nothing; long benefit at 26 + 26 and 52 + 52 weeks. On the newest cases at
the landmark, whose true risk is known. Of a load with 14 places for 45 cases it prints
which share of the places each stage has, beside the share that the true risks would
give it. Prints the figures of every draw as they come, and last a table: each measure,
what it must be, what was reached over all draws. With --as-of the site is as it stood
that day: the made-up rules change in July 2022, between training and test of the newest
cases, and not between mid-2014 and 2018.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.attainable import own_terms
from benchmarks.light_fit import MODELS, lighten, read_made
from riskscreen.model.calibration import to_risk
from riskscreen.model.risk_model import RiskModel
from riskscreen.outcomes import derive_outcomes
from riskscreen.policy import Places
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
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen.training.shipping_landmarks import score_reached
from riskscreen.training.studies.landmarks import JudgedLandmark, judge_landmark
from riskscreen_synthetic import synthesise_site

LANDMARKS = {
    "long_absence": tuple(Landmark(week=w, more_weeks=26) for w in (8, 13, 22, 26)),
    "long_benefit": tuple(Landmark(week=w, more_weeks=w) for w in (26, 52)),
}
BETTER = (13, 22)
"""Where a model of its own must be better than step 1 in 20,000 cases."""
LOAD, PLACES = 45, 14
"""Of so many cases, at intake or at a landmark, so many have a place."""
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


def stand_at(dataset: Dataset, day: date) -> Dataset:
    """Return *dataset* as it stood on *day*: cases decided before, outcomes by then."""
    assert dataset.history is not None
    assert dataset.audit is not None
    assert dataset.units is not None
    kept = (dataset.cases["decision_date"] < pd.Timestamp(day)).to_numpy()
    cases = dataset.cases[kept].reset_index(drop=True)
    return replace(
        dataset,
        cases=cases,
        features=dataset.features[kept],
        outcomes=derive_outcomes(
            dataset.spec, cases, dataset.history, extract_date=day
        ),
        audit=dataset.audit[kept].reset_index(drop=True),
        units=dataset.units[kept].reset_index(drop=True),
        extract_date=day,
    )


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
    interval ``low`` to ``high``; ``facts`` and ``null`` that less without these facts,
    the former at most ``facts_high``. ``level`` is the mean true risk less the mean
    risk, ``oracle_level`` less the oracle's. ``cpu`` are seconds of training;
    ``corrects`` says that the own model corrects step 1. ``load`` is the stage's share
    of a year's cases, ``places`` that of the places, ``by_truth`` what the true risks
    would give it of these.
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
    facts_high: float = np.nan
    level: float = np.nan
    oracle_level: float = np.nan
    load: float = np.nan
    places: float = np.nan
    by_truth: float = np.nan


def measure_draw(
    target: str,
    seed: int,
    *,
    cases: int,
    weeks: Sequence[int],
    as_of: date | None = None,
) -> list[Figures]:
    """Return the figures of the intake, then of each landmark."""
    dataset, truth, landmarks = make(target, seed, cases=cases, weeks=weeks)
    if as_of is not None:
        dataset = stand_at(dataset, as_of)
    began = time.process_time()
    result = train(dataset)
    spent = time.process_time() - began
    test = result.split.test
    features = dataset.features.iloc[test]
    truths = {0: truth.set_index("case_id")["risk"]}
    true = truths[0].reindex(dataset.cases["case_id"].iloc[test]).to_numpy()
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
            level=float(np.nanmean(true - scored.risk)),
        )
    ]
    trained = {}
    for landmark in dataset.spec.landmarks:
        at = (landmarks["week"] == landmark.week) & (
            landmarks["horizon"] == landmark.horizon_weeks
        )
        truths[landmark.week] = landmarks[at].set_index("case_id")["risk"]
        began = time.process_time()
        one = train_landmark(dataset, result, landmark, reporter=SilentReporter())
        spent = time.process_time() - began
        if isinstance(one, str):
            nothing = (np.nan,) * 4
            found.append(Figures(seed, landmark.week, 0, False, *nothing, lacks=one))
            continue
        trained[landmark] = one
        of = _measure(seed, dataset, result, landmark, one, truths[landmark.week])
        found.append(replace(of, cpu=spent))
    shares = share_places(dataset, result, trained, truths)
    return [replace(of, **shares.get(of.week, {})) for of in found]


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
    error = _reach(less)
    without = []
    for facts in (MOVING, NULL) if MOVING[0] in dataset.spec.columns else ():
        other = train_landmark(
            drop_facts(dataset, facts), result, landmark, reporter=SilentReporter()
        )
        assert not isinstance(other, str)
        risk_without = other.result.model.score(other.dataset.features.iloc[test]).risk
        without.append((_expect(own, true) - _expect(risk_without, true))[known])
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
        *([of.mean() for of in without] or [np.nan, np.nan]),
        corrects=trained.corrects,
        facts_high=without[0].mean() + _reach(without[0]) if without else np.nan,
        level=float((true - risk)[known].mean()),
        oracle_level=float((true - oracle)[known].mean()),
    )


def _reach(differences: np.ndarray) -> float:
    """Return how far the 95 % interval of their mean reaches."""
    return float(1.96 * differences.std() / np.sqrt(len(differences)))


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


def share_places(
    dataset: Dataset,
    result: TrainingResult,
    trained: Mapping[Landmark, LandmarkTraining],
    truths: Mapping[int, "pd.Series[float]"],
) -> dict[int, dict[str, float]]:
    """Return the shares of each stage that is in the one order, by its week.

    Of the newest year's cases, with PLACES for LOAD of them. By truth those have a
    place whose true risk is highest, if it lies above the mean of their stage.
    """
    judged = [
        JudgedLandmark(of, judge_landmark(of, one, dataset.efforts), trained=one)
        for of, one in trained.items()
        if of.more_weeks == dataset.spec.outcome.horizon_weeks
    ]
    judged = [replace(of, evaluation=replace(of.evaluation, gates=())) for of in judged]
    year = dataset.cases["decision_date"].max() - pd.Timedelta(weeks=52)
    parts = {0: dataset} | {
        of.landmark.week: of.trained.dataset for of in judged if of.trained
    }
    recent = {
        week: (at.cases["decision_date"] > year).to_numpy()
        for week, at in parts.items()
    }
    load = {week: int(of.sum()) for week, of in recent.items()}
    per_week = PLACES / LOAD * sum(load.values()) / 52
    sited = replace(dataset, places=Places("site", per_week))
    model = ship_landmarks(ship_model(result, sited), sited, judged).model
    reached = score_reached(model, sited)
    reached[0] = sited, predict_log_odds(model, sited.features)
    proposed = {}
    for week, (at, log_odds) in reached.items():
        policy = model.find_stage(week or None).policy
        risk, units = to_risk(log_odds), at.list_units()
        proposed[week] = int(policy.propose(risk, units).proposed[recent[week]].sum())
    true = pd.concat(
        {
            week: truths[week].reindex(at.cases["case_id"][recent[week]])
            for week, at in parts.items()
        }
    ).dropna()
    week_of = true.index.get_level_values(0)
    above = true[true > true.groupby(week_of).transform("mean")]
    first = above.nlargest(round(PLACES / LOAD * sum(load.values())))
    by_truth = first.groupby(level=0).size()
    return {
        week: {
            "load": load[week] / sum(load.values()),
            "places": proposed.get(week, 0) / max(sum(proposed.values()), 1),
            "by_truth": by_truth.get(week, 0) / len(first),
        }
        for week in parts
    }


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
    level = np.array([of.level - intake[of.seed].level for of in at])
    yield (
        "| true risk less expected, less the intake's | beside it | mean "
        f"{level.mean():+.3f}, {level[abs(level).argmax()]:+.3f}; the oracle's own "
        f"{np.mean([of.oracle_level for of in at]):+.3f} |"
    )
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
    yield from _tell_places(found)
    yield from _tell_brier(at)
    if np.isfinite(at[0].facts):
        facts, null = ([getattr(of, n) for of in at] for n in ("facts", "null"))
        high = max(of.facts_high for of in at)
        yield (
            "| with the two facts | wholly below 0 | "
            f"{max(facts):+.4f} at most, upper end {high:+.4f} |"
        )
        yield f"| with the null fact | within ±.0005 | {max(null, key=abs):+.4f} |"
    if target == "long_benefit":
        yield f"| O−E | within .03 | {max((of.off for of in at), key=abs):+.3f} |"
    spent = sum(of.cpu for of in at) / sum(of.cpu for of in intake.values())
    yield f"| CPU of all landmarks ÷ the intake's | ≤ 2 | {spent:.2f} |"


def _tell_places(found: Sequence[Figures]) -> Iterator[str]:
    """Yield a row for each stage: its share of the places over that of the load."""
    for week in dict.fromkeys(of.week for of in found if np.isfinite(of.load)):
        own = [of for of in found if of.week == week and np.isfinite(of.load)]
        least = min(of.places / of.load for of in own)
        load, places, true = (
            np.mean([getattr(of, name) for of in own])
            for name in ("load", "places", "by_truth")
        )
        stage = f"week {week}" if week else "intake"
        yield (
            f"| places, {stage} | any ≥ .5 of the load | "
            f"{places:.0%} of the places, {load:.0%} of the load, by truth {true:.0%}; "
            f"least {least:.2f} |"
        )


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
    parser.add_argument("--as-of", type=date.fromisoformat)
    asked = parser.parse_args()
    found: list[Figures] = []
    for seed in asked.seeds:
        draw = measure_draw(
            asked.target,
            seed,
            cases=asked.cases,
            weeks=asked.weeks,
            as_of=asked.as_of,
        )
        for one in draw:
            print(one, flush=True)
            found.append(one)
    print("| measure | must | reached |\n|---|---|---|")
    for row in tell_rows(asked.target, found):
        print(row)


if __name__ == "__main__":
    main()
