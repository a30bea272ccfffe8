"""Evaluate a model on the helped and the not helped, apart and weighted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.efforts import place_in_time
from riskscreen.evaluation import (
    Bootstrap,
    Estimate,
    EvaluationCases,
    ProposedCases,
    estimate_metrics,
)
from riskscreen.evaluation.helped import assign_strata, weigh_unhelped
from riskscreen.evaluation.subgroups import Subgroup, evaluate_subgroups
from riskscreen.model.records import Count, Share
from riskscreen.spec import Specification
from riskscreen.training.data.dataset import Dataset

Numbers = npt.NDArray[np.float64]

HELPED = "helped"
NOT_HELPED = "not helped"
UNDER_WAY = "help under way at T0"
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class HelpStudy:
    """How the risks do on the HELPED, the NOT_HELPED, and those with help UNDER_WAY.

    ``groups`` are those of them that there are. ``weighted`` are estimates on the not
    helped, each weighted by the inverse probability of not being helped given the risk
    (evaluation/helped.py), so that they stand for the helped too, though not for those
    with help under way; empty where nobody was helped, or a group is hidden.
    ``represented`` is the share of these cases that the weights sum to: less than 1
    where all of some risk were helped. ``effective`` is how many cases of equal weight
    would tell as much (Kish 1965). ``follows_courses`` says whether it is known when a
    course ended: else every case could be helped until the horizon.
    """

    groups: tuple[Subgroup, ...]
    weighted: Mapping[str, Estimate]
    represented: Share | None
    effective: Count | None
    follows_courses: bool

    def describe(self) -> Iterator[str]:
        """Yield a line per group, and one of the weighted."""
        for group in self.groups:
            auc = group.estimates["auc"].text() if group.estimates else "hidden"
            n = "hidden" if group.n is None else f"{group.n:,} cases"
            yield f"{group.name}: {n}, AUC {auc}"
        if self.weighted:
            yield f"not helped, weighted: AUC {self.weighted['auc'].text()}"


def evaluate_help(
    dataset: Dataset,
    cases: pd.DataFrame,
    evaluated: EvaluationCases,
    risk: Numbers,
    *,
    proposed: ProposedCases | None,
) -> HelpStudy | None:
    """Evaluate *risk* on the helped and the others; None without a table of efforts.

    *cases* are rows of Dataset.table. **Helped** is a case of which an effort begins
    after T0 and before the horizon, as a treatment is that begins between prediction
    and outcome (Pajouheshnia et al. 2017, doi 10.1186/s12874-017-0375-8). One that
    began by T0, and has not ended before it, is under way: the score is of such cases
    as they are, helped already.
    """
    if dataset.efforts is None or "decision_date" not in cases:
        return None
    found = follow_help(dataset.spec, cases, dataset.efforts, dataset.outcomes)
    label = np.where(
        found.under_way, UNDER_WAY, np.where(found.helped, HELPED, NOT_HELPED)
    )
    bootstrap = Bootstrap(seed=dataset.spec.estimator.seed)
    groups = evaluate_subgroups(evaluated, risk, label, bootstrap=bootstrap)
    study = HelpStudy(groups, {}, None, None, found.follows_courses)
    shown = {group.name for group in groups if group.n is not None}
    if not {HELPED, NOT_HELPED} <= shown:
        return study
    begun = found.helped & ~found.under_way
    asked = ~found.under_way
    flags = None if proposed is None else proposed.flags[asked] > 0
    strata = assign_strata(risk[asked], flags)
    weight = np.zeros(len(risk))
    weight[asked] = weigh_unhelped(strata, found.days[asked], begun[asked])
    who = weight > 0
    own = evaluated.subset(who)
    once = np.ones(own.n) if own.weight is None else own.weight
    weights = once * weight[who]
    return replace(
        study,
        weighted=estimate_metrics(
            replace(own, weight=weights), risk[who], bootstrap=bootstrap
        ),
        represented=round(min(float(weight.sum() / asked.sum()), 1.0), 3),
        effective=int(weights.sum() ** 2 / (weights**2).sum()),
    )


@dataclass(frozen=True, slots=True)
class FollowedHelp:
    """Of each case whether help began after T0, and whether it was under way then.

    ``days`` from T0 are those after which help began, or after which the outcome of who
    was not helped was settled.
    """

    helped: npt.NDArray[np.bool_]
    under_way: npt.NDArray[np.bool_]
    days: Numbers
    follows_courses: bool


def follow_help(
    spec: Specification,
    cases: pd.DataFrame,
    efforts: pd.DataFrame,
    outcomes: pd.DataFrame,
) -> FollowedHelp:
    """Follow help from T0 to the horizon; *cases* are rows of Dataset.table.

    *outcomes* are those of all cases of the data set, as Dataset has them. Where the
    rule asks for the state at the horizon, whoever was not long then could be helped
    for as long as the register has the case in a long state; else until the horizon.
    """
    decided = cases["decision_date"].to_numpy("datetime64[D]")
    clock = cases[spec.outcome.clock].to_numpy("datetime64[D]")
    horizon = clock + 7 * spec.outcome.horizon_weeks * _DAY
    place = pd.Series(np.arange(len(cases)), index=cases["case_id"].to_numpy())
    of = place.reindex(efforts["case_id"].to_numpy()).to_numpy()
    own = ~np.isnan(of)
    at = of[own].astype(np.int64)
    start = efforts["start_date"].to_numpy("datetime64[D]")[own]
    end = efforts["end_date"].to_numpy("datetime64[D]")[own]
    had_help, begins = place_in_time(
        start, end, decided=decided[at], horizon=horizon[at]
    )
    first = np.full(len(cases), np.inf)
    np.minimum.at(first, at[begins], ((start - decided[at]) / _DAY)[begins])
    under_way = np.zeros(len(cases), dtype=bool)
    under_way[at[had_help]] = True
    until = ((horizon - decided) / _DAY).astype(np.float64)
    follows = spec.outcome.rule == "still_in"
    if follows:
        weeks = outcomes["weeks"].to_numpy(np.float64)[cases.index.to_numpy()]
        over = ((clock - decided) / _DAY) + 7 * weeks
        settled = np.fmin(np.fmax(over, 0.0), until)
        until = np.where(cases["long"].to_numpy() == 1, until, settled)
    helped = np.isfinite(first)
    return FollowedHelp(helped, under_way, np.where(helped, first, until), follows)
