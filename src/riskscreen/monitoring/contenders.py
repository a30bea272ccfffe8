"""Compare the approved model with one beside it, on matured cases new to both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.evaluation import Bootstrap, Estimate, compare, estimate_metrics
from riskscreen.guarding import guarded
from riskscreen.model.records import Count, Said, Share
from riskscreen.model.risk_model import RiskModel
from riskscreen.monitoring.life import Places, find_life
from riskscreen.monitoring.outcomes import FEWEST_TO_EVALUATE, find_matured_cases
from riskscreen.monitoring.proposal_differences import (
    ProposalDifferences,
    measure_differences,
)
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.model_parts.recent import find_trained
from riskscreen.training.studies.groups import build_evaluation_cases, build_groupings
from riskscreen.training.studies.proposals import apply_policy

Numbers = npt.NDArray[np.float64]

METRICS = ("log_loss", "brier", "auc", "calibration_slope", "mean_risk", "base_rate")
_ADVICE = "Wait for more outcomes, or train again on this delivery."


@dataclass(frozen=True)
class Contender:
    """A model, the judged one beside it, and the delivery as it reads that.

    The judged one speaks of cases that the model may have been trained on.
    """

    model: RiskModel
    judged: RiskModel
    dataset: Dataset

    @cached_property
    def usable(self) -> npt.NDArray[np.bool_]:
        """The matured cases that came in after those that trained the judged model."""
        life = find_life(self.judged, self.dataset)
        return find_matured_cases(self.dataset, life)[1]

    @cached_property
    def trained(self) -> npt.NDArray[np.bool_]:
        """The cases that may have trained the model itself."""
        return find_trained(self.model, self.dataset)

    def score(self, at: Places) -> tuple[Numbers, pd.DataFrame]:
        """Return the risks of the cases at *at*, and the parts of their log-odds.

        The parts are a column for each idea, and one for the level.
        """
        risk, parts = np.empty(len(at)), pd.DataFrame(index=np.arange(len(at)))
        for model, own in (
            (self.model, ~self.trained[at]),
            (self.judged, self.trained[at]),
        ):
            if not own.any():
                continue
            scored = model.score(self.dataset.features.iloc[at[own]])
            risk[own] = scored.risk
            ideas = [feature.idea for feature in model.features]
            pulls = pd.DataFrame(scored.contributions, columns=ideas)
            summed = pulls.T.groupby(level=0).sum().T
            summed[""] = model.base_log_odds
            parts.loc[own, summed.columns] = summed.to_numpy()
        return risk, parts

    def propose(self, at: Places, risk: Numbers) -> npt.NDArray[np.bool_] | None:
        """Return whom the model's own policy proposes at *risk*; None: no places."""
        rows = self.dataset.table.iloc[at]
        found = apply_policy(self.model.policy, self.model, self.dataset, rows, risk)
        return None if found is None else found.flags.astype(bool)


@dataclass(frozen=True)
class ModelComparison:
    """Two versions of a target on the same cases; all of it aggregates.

    ``estimates`` are of each version, ``differences`` the other's less the approved
    one's, with paired intervals. ``judged`` is the share of the cases on which the
    judged model of each stood in. ``proposals`` is None where no places are stated.
    """

    target: Said
    versions: Mapping[str, Said]
    synthetic: bool
    cases: Count
    days: tuple[str, str]
    judged: Mapping[str, Share]
    estimates: Mapping[str, Mapping[str, Estimate]]
    differences: Mapping[str, Estimate]
    proposals: ProposalDifferences | None

    def describe(self) -> Iterator[str]:
        """Yield the comparison in lines for a terminal."""
        approved, other = self.versions
        (first, last), n = self.days, self.cases
        versions = ", ".join(f"{name} {of}" for name, of in self.versions.items())
        yield f"{self.target}: {versions}"
        # Days apart from the count: together they would look like a person number.
        yield f"{n:,} matured cases, new to both"
        yield f"  the first decided on {first}, the last on {last}"
        for name, share in self.judged.items():
            if share:
                yield f"  {share:.0%} of them scored by the judged model of {name}"
        yield f"{other} less {approved}, with a paired 95 % interval:"
        for name, difference in self.differences.items():
            yield f"  {name} {difference.text()}"
        if self.proposals is None:
            yield "No places are stated, so neither proposes anybody."
        else:
            yield from self.proposals.describe()


@guarded
def compare_models(
    approved: Contender, other: Contender, *, name: str
) -> ModelComparison:
    """Compare the *approved* model with the *other*, which is called *name*.

    Raises TableError where fewer than a hundred matured cases are new to both, or the
    two do not mean the same outcome.
    """
    at, beside = _find_shared(approved, other)
    rows = other.dataset.table.iloc[at]
    long = approved.dataset.table["long"].to_numpy()[beside]
    target = other.model.spec.name
    if not np.array_equal(rows["long"].to_numpy(), long, equal_nan=True):
        raise TableError(
            f"{target}: the two models' specifications give the same cases different "
            "outcomes, so neither figure says which is better. Give a specification "
            "with another outcome another name."
        )
    evaluated = build_evaluation_cases(rows)
    bootstrap = Bootstrap(seed=other.model.spec.estimator.seed)
    both = {"approved": (approved, beside), name: (other, at)}
    risks, parts, flags = [], [], []
    for of, places in both.values():
        risk, part = of.score(places)
        risks.append(risk)
        parts.append(part)
        flags.append(of.propose(places, risk))
    proposals = None
    if flags[0] is not None and flags[1] is not None:
        groups = build_groupings(other.dataset, rows)
        proposals = measure_differences(
            evaluated,
            (flags[0], flags[1]),
            (risks[0], risks[1]),
            parts[1].sub(parts[0], fill_value=0.0),
            groups=replace(groups, listed=tuple(map(str, groups.table.columns))),
            ideas={
                idea: words.label
                for of, _ in both.values()
                for idea, words in of.model.spec.ideas.items()
            },
        )
    return ModelComparison(
        target=target,
        versions={called: of.model.version for called, (of, _) in both.items()},
        synthetic=other.dataset.synthetic,
        cases=evaluated.n,
        days=_find_days(rows),
        judged={
            called: round(float(of.trained[places].mean()), 2)
            for called, (of, places) in both.items()
        },
        estimates={
            called: {
                metric: estimate
                for metric, estimate in estimate_metrics(
                    evaluated, risk, bootstrap=bootstrap
                ).items()
                if metric in METRICS
            }
            for called, risk in zip(both, risks, strict=True)
        },
        differences=compare(
            evaluated, risks[1], risks[0], bootstrap=bootstrap
        ).differences,
        proposals=proposals,
    )


def _find_days(rows: pd.DataFrame) -> tuple[str, str]:
    days = rows["decision_date"]
    return f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}"


def _find_shared(approved: Contender, other: Contender) -> tuple[Places, Places]:
    """Return the places of the cases new to both: in *other*'s, and in *approved*'s."""
    at = np.flatnonzero(other.usable)
    there = pd.Index(approved.dataset.cases["case_id"])
    beside = there.get_indexer(pd.Index(other.dataset.cases["case_id"].iloc[at]))
    shared = (beside >= 0) & approved.usable[beside]
    if shared.sum() < FEWEST_TO_EVALUATE:
        raise TableError(
            f"{other.model.spec.name}: fewer than {FEWEST_TO_EVALUATE} matured cases "
            f"came in after every case that trained either model. {_ADVICE}"
        )
    return at[shared], beside[shared]
