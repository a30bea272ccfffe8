"""Help that follows the list, three years running: what the card still sees.

A synthetic municipality is used as the product is. Each year a model is trained on what
is known by then, the next year's cases are scored by it, and most of those that it
proposes are helped, which ends the illness of some (by the synthetic municipality's own
parameters of help). So the next model learns from cases of which the iller were helped.
The need of a case is the outcome that it has where nobody is helped.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.light_fit import lighten
from benchmarks.policy_rows import Row
from riskscreen.evaluation.metrics import auc
from riskscreen.readers.site import read_site
from riskscreen.spec import Specification, read_specification
from riskscreen.training import Dataset, TrainingResult, prepare, train
from riskscreen.training.studies.groups import build_evaluation_cases
from riskscreen.training.studies.help import evaluate_help, follow_help
from riskscreen.training.studies.proposals import apply_policy
from riskscreen_synthetic import SyntheticSite, give_help, synthesise_site

Floats = npt.NDArray[np.float64]
TARGET = "long_absence"
MODELS = Path(__file__).parents[2] / "models"
YEARS = 8
_WITHIN = 0.03
_YEAR = pd.DateOffset(years=1)


@dataclass(frozen=True, slots=True)
class Found:
    """Figures of the last model on its test cases.

    AUC of all cases as they ended, of the need of all; of the not helped on the card,
    weighted and not, and of the need of these. Beside them what the helped are shown,
    and their need.
    """

    seen: float
    need: float
    weighted: float
    unhelped: float
    need_of_unhelped: float
    shown_to_helped: float
    need_of_helped: float
    helped: float


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield how far the card lies from the need; *quick* is a smoke size."""
    draws, cases, retrainings = (1, 1_600, 1) if quick else (3, 5_000, 3)
    found = [_measure_draw(seed, cases, retrainings) for seed in range(draws)]
    label = f"{retrainings} yearly retrainings with help given, {draws} draws"
    apart = [one.unhelped - one.need_of_unhelped for one in found]
    yield _judge(
        f"{label}: the card's AUC of the not helped less the need's of the same",
        apart,
        "",
    )
    mean = {f.name: _mean([getattr(o, f.name) for o in found]) for f in fields(Found)}
    beside = (
        f"; without a table of efforts {mean['seen'] - mean['need']:+.3f}, "
        f"need {mean['need']:.3f}; {mean['helped']:.0%} helped, who are shown "
        f"{mean['shown_to_helped']:.2f} and need {mean['need_of_helped']:.2f}"
    )
    yield _judge(
        f"{label}: the card's AUC of the not helped, weighted, less the need's of all",
        [one.weighted - one.need for one in found],
        beside,
    )


def _judge(measure: str, less: list[float], beside: str) -> Row:
    each, mean = ", ".join(f"{one:+.3f}" for one in less), _mean(less)
    found = f"{each}; mean {mean:+.3f}{beside}"
    return Row(measure, found, f"within {_WITHIN}", abs(mean) <= _WITHIN)


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _measure_draw(seed: int, cases: int, retrainings: int) -> Found:
    """Let help follow the list for *retrainings* years, and judge the last model."""
    untouched = synthesise_site(cases=cases, years=YEARS, seed=70 + seed)
    random = np.random.default_rng(seed)
    site = replace(untouched, efforts=None)
    last = pd.Timestamp(site.parameters["calendar"]["extract_date"])
    days = [last - (retrainings - k) * _YEAR for k in range(retrainings + 1)]
    result = train(_prepare(site, days[0]))
    for first, until in pairwise(days):
        site = _help_a_year(site, result, random, first=first, until=until)
        dataset = _prepare(site, until)
        result = train(dataset)
    return _compare(result, dataset, _prepare(untouched, last))


def _help_a_year(
    site: SyntheticSite,
    result: TrainingResult,
    random: np.random.Generator,
    *,
    first: pd.Timestamp,
    until: pd.Timestamp,
) -> SyntheticSite:
    """Return *site* with help to whom the model proposes of a year's cases."""
    arrived, model = _prepare(site, until), result.model
    table = arrived.table[arrived.cases["decision_date"].to_numpy() >= first]
    risk = model.score(arrived.features.iloc[table.index.to_numpy()]).risk
    proposed = apply_policy(model.policy, model, arrived, table, risk)
    assert proposed is not None
    flags = pd.Series(proposed.flags, index=table["case_id"].to_numpy())
    help_table = site.parameters["help"]
    offered = flags.reindex(site.targets[TARGET].cases["case_id"]).to_numpy()
    taken = np.where(
        offered > 0, help_table["taken_if_offered"], help_table["taken_otherwise"]
    )
    return give_help(site, np.where(np.isnan(offered), 0.0, taken), random=random)


def _compare(result: TrainingResult, dataset: Dataset, untouched: Dataset) -> Found:
    """Compare the card's figures with those of the need, on the same test cases."""
    test, model = result.test_cases, result.model
    risk = model.score(dataset.features.iloc[result.split.test]).risk
    proposed = apply_policy(result.model.policy, model, dataset, test, risk)
    study = evaluate_help(
        dataset, test, build_evaluation_cases(test), risk, proposed=proposed
    )
    assert study is not None
    assert dataset.efforts is not None
    need = untouched.table.set_index("case_id")["long"]
    needs = need.reindex(test["case_id"]).to_numpy()
    known = ~np.isnan(needs)  # a case that help brings into the target has no need
    followed = follow_help(dataset.spec, test, dataset.efforts, dataset.outcomes)
    others = known & ~followed.helped
    helped = known & followed.helped
    unhelped = next(g for g in study.groups if g.name == "not helped")
    return Found(
        seen=_auc(test["long"].to_numpy()[known], risk[known]),
        need=_auc(needs[known], risk[known]),
        weighted=float(study.weighted["auc"].value or np.nan),
        unhelped=float(unhelped.estimates["auc"].value or np.nan),
        need_of_unhelped=_auc(needs[others], risk[others]),
        shown_to_helped=float(risk[helped].mean()),
        need_of_helped=float(needs[helped].mean()),
        helped=float(helped.mean()),
    )


def _auc(long: Floats, risk: Floats) -> float:
    return float(auc(long, risk, np.ones((1, len(long))))[0])


def _prepare(site: SyntheticSite, extract: pd.Timestamp) -> Dataset:
    """Prepare what is known of *site* on the day *extract*, for a light model."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_known(site, folder, extract)
        return prepare(_read_light(), read_site(folder))


def _read_light() -> Specification:
    spec = read_specification(MODELS / f"{TARGET}.toml")
    return lighten(spec).model_copy(update={"audit": {}})


def _write_known(site: SyntheticSite, folder: Path, extract: pd.Timestamp) -> None:
    """Write the folder as it was delivered on the day *extract*."""
    cases, past = site.targets[TARGET].cases, site.history
    cases = cases[cases["decision_date"] < extract]
    weeks = (cases["decision_date"].max() - cases["decision_date"].min()).days / 7
    share = site.parameters["places"]["share_of_arrivals"]
    (folder / "site.toml").write_text(
        f"extract_date = {extract:%F}\nsynthetic = true\n"
        f'[places.{TARGET}]\nshared_by = "site"\n'
        f"per_week = {share * len(cases) / weeks:.2f}\n"
    )
    (folder / TARGET).mkdir()
    cases.to_parquet(folder / TARGET / "cases.parquet", index=False)
    known = (past["start_date"] < extract) & (past["registered_on"] <= extract)
    past = past[known]
    ended = past["end_date"] <= extract
    past.assign(end_date=past["end_date"].where(ended)).to_parquet(
        folder / "history.parquet", index=False
    )
    if site.efforts is not None:
        begun = site.efforts[site.efforts["start_date"] <= extract]
        begun.to_parquet(folder / "efforts.parquet", index=False)
