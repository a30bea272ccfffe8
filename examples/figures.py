"""What each example found, as rows of one table beside plain logistic regression."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from examples.plain import plain_risk
from riskscreen.evaluation import Bootstrap, Estimate, estimate_metrics
from riskscreen.evaluation.fairness import Group
from riskscreen.evaluation.gate_outcomes import GateOutcome, list_refusals
from riskscreen.evaluation.gates import Evidence, check_gates
from riskscreen.features.catalogue import list_features
from riskscreen.spec import Gates
from riskscreen.training import Dataset, ModelEvaluation, TrainingResult
from riskscreen.training.studies.ablation import ColumnAblation
from riskscreen.training.studies.groups import build_evaluation_cases
from riskscreen.training.studies.leakage import find_largest

NEW_PEOPLE = ", people that training never saw"
HEADINGS = (
    "test cases",
    "model",
    "n (train / test)",
    "columns",
    "AUC",
    "calibration slope",
    "Brier",
    "Brier of the base rate",
)

LEAVING_OUT = (
    "column",
    "for this evaluation",
    "group",
    "n",
    "became long",
    "missed by a model that sees it",
    "change for one that does not",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one set of test cases."""

    cases: str
    model: str
    n_train: int
    columns: int
    estimates: Mapping[str, Estimate]
    base_rate_brier: Estimate

    def __getitem__(self, name: str) -> Estimate:
        """Return the estimate of that name."""
        return self.estimates[name]

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed, in the order of HEADINGS."""
        auc, slope, brier = (self[n] for n in ("auc", "calibration_slope", "brier"))
        return (
            self.cases,
            self.model,
            f"{self.n_train:,} / {auc.n:,}",
            str(self.columns),
            auc.text(),
            slope.text(),
            _four(brier),
            _four(self.base_rate_brier),
        )


def rows_of_example(
    prepared: Dataset,
    result: TrainingResult,
    *,
    label: str,
    without: Mapping[str, frozenset[str]] | None = None,
) -> list[Row]:
    """Put the chosen model and plain logistic regression side by side.

    *without* names parts of the test cases to leave out (case_ids); people that
    training knew are left out in turn too, where the cases name people.
    """
    known, split = result.split.cases, result.split
    features = prepared.features.iloc[known.index.to_numpy()].set_axis(known.index)
    training, test = known.iloc[split.train], known.iloc[split.test]
    asked = features.iloc[split.test]
    risks = {
        f"{result.selection.kind} (chosen)": result.model.score(asked).risk,
        "plain logistic": plain_risk(
            list_features(result.spec),
            features.iloc[split.train],
            training.long,
            asked,
        ).to_numpy(),
    }
    base = np.full(len(test), float(training.long.mean()))
    bootstrap = Bootstrap(seed=result.spec.estimator.seed)
    everyone = build_evaluation_cases(test)
    return [
        Row(
            f"{label}{words}",
            model,
            n_train=len(training),
            columns=features.shape[1],
            estimates=estimate_metrics(
                everyone.subset(kept), risk[kept], bootstrap=bootstrap
            ),
            base_rate_brier=estimate_metrics(
                everyone.subset(kept), base[kept], bootstrap=bootstrap
            )["brier"],
        )
        for words, kept in _parts(test, training, without or {})
        for model, risk in risks.items()
    ]


def _parts(
    test: pd.DataFrame, training: pd.DataFrame, without: Mapping[str, frozenset[str]]
) -> Iterable[tuple[str, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]]:
    """(words, which test cases): all of them, then each part that is left out."""
    yield "", np.ones(len(test), dtype=bool)
    for words, case_ids in without.items():
        yield f", without {words}", ~test["case_id"].isin(case_ids).to_numpy()
    if "person_id" in test:
        known = test["person_id"].isin(training["person_id"]).to_numpy()
        if known.any():
            yield NEW_PEOPLE, ~known


def worse_than_plain(rows: Sequence[Row]) -> tuple[float, float]:
    """How much lower the AUC, and higher the Brier score, of the model than plain's.

    *rows* are those of one example; the first two are of all test cases.
    """
    ours, plain = rows[0], rows[1]
    auc = (plain["auc"].value or 0.0) - (ours["auc"].value or 0.0)
    brier = (ours["brier"].value or 0.0) - (plain["brier"].value or 0.0)
    return auc, brier


def leaving_out_table(found: Sequence[ColumnAblation]) -> str:
    """Group by group what a model misses that does not see a column, as a table."""
    cells = [
        (
            one.label,
            "left out" if one.feature else "added",
            " × ".join(seeing.values),
            "hidden" if seeing.n is None else f"{seeing.n:,}",
            *(_shown(seeing, name) for name in ("base_rate", "false_negative_rate")),
            _shown(change, "false_negative_rate"),
        )
        for one in found
        for seeing, change in zip(one.seeing, one.effect, strict=True)
    ]
    return _table(LEAVING_OUT, cells)


def _shown(group: Group, name: str) -> str:
    found = group.estimates[name]
    return "hidden" if found.value is None else found.text()


def default_refusals(model_evaluation: ModelEvaluation) -> tuple[GateOutcome, ...]:
    """Return what the gates would refuse, had the specification not loosened any."""
    rules = set(model_evaluation.comparators) - {
        "logistic",
        "blend",
        "lightgbm",
        "approved",
    }
    fairness = model_evaluation.fairness
    evidence = Evidence(
        estimates=model_evaluation.evaluation.estimates,
        comparisons={n: model_evaluation.comparisons[n] for n in sorted(rules)},
        groups=fairness.gated if fairness else (),
        largest=find_largest(model_evaluation.columns),
    )
    return list_refusals(check_gates(evidence, Gates()))


def markdown(rows: Iterable[Row]) -> str:
    """Return the table as a README prints it."""
    return _table(HEADINGS, [row.cells() for row in rows])


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _four(figure: Estimate) -> str:
    """Format a Brier score to four decimals: models differ in the third."""
    if figure.value is None or figure.low is None or figure.high is None:
        return figure.text()
    return f"{figure.value:.4f} ({figure.low:.4f} to {figure.high:.4f})"
