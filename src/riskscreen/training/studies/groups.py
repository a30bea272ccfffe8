"""The groups that cases are evaluated by, and the cases as evaluation reads them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import Bootstrap, EvaluationCases, ProposedCases
from riskscreen.evaluation.fairness import Fairness, Groupings, evaluate_fairness
from riskscreen.evaluation.grouping import MOST_GROUPS
from riskscreen.spec import Specification
from riskscreen.training.data.dataset import Dataset

Numbers = npt.NDArray[np.float64]


def build_evaluation_cases(cases: pd.DataFrame) -> EvaluationCases:
    """Return *cases*, rows of Dataset.table, as evaluation reads them."""
    return EvaluationCases.from_columns(
        cases["long"].to_numpy(),
        case_id=cases["case_id"].to_numpy(),
        person_id=cases["person_id"].to_numpy(),
        decision_date=(
            cases["decision_date"].to_numpy() if "decision_date" in cases else None
        ),
        weight=cases["weight"].to_numpy() if "weight" in cases else None,
    )


def evaluate_groups(
    dataset: Dataset,
    cases: pd.DataFrame,
    evaluated: EvaluationCases,
    risk: Numbers,
    *,
    proposed: ProposedCases | None,
) -> Fairness | None:
    """Evaluate by audit column, by ``evaluated_by``, and by pairs of these.

    *proposed* are whom the policy proposes of *cases*; None where there are no places.
    """
    spec, groups = dataset.spec, build_groupings(dataset, cases)
    if groups.table.empty:
        return None
    return evaluate_fairness(
        evaluated,
        risk,
        groups,
        proposed=proposed,
        gates=spec.gates,
        bootstrap=Bootstrap(seed=spec.estimator.seed),
    )


def build_groupings(dataset: Dataset, cases: pd.DataFrame) -> Groupings:
    """Return the columns *cases* are evaluated by, one row per case, in their order.

    A column of one value, or of too many to be a grouping, is none.
    """
    groups = build_group_columns(dataset, cases)
    few = [c for c in groups if 1 < groups[c].nunique(dropna=False) < MOST_GROUPS]
    return Groupings(groups[few], list_merged_columns(dataset.spec))


def build_group_columns(dataset: Dataset, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the audit table's columns, what is merged, and those of ``evaluated_by``.

    One row per case of *cases*, in their order.
    """
    spec, places = dataset.spec, cases.index.to_numpy()
    parts = []
    if dataset.audit is not None:
        audit = dataset.audit.iloc[places].reset_index(drop=True)
        merged = {}
        for name, column in list_merged_columns(spec).items():
            groups = spec.audit[column].merged[name]
            label = {
                value: group for group, values in groups.items() for value in values
            }
            merged[name] = audit[column].astype(object).map(label)
        parts += [audit, pd.DataFrame(merged, index=audit.index)]
    columns = [name for name in spec.gates.evaluated_by if name in cases]
    parts.append(cases[columns].reset_index(drop=True))
    return pd.concat(parts, axis=1)


def find_empty_groups(dataset: Dataset) -> tuple[str, ...]:
    """Return groups that the specification declares and the audit has nobody of.

    Without an audit table there are none: nothing is evaluated by group then.
    """
    audit = dataset.audit
    if audit is None:
        return ()
    return tuple(
        f"{name} {value}".strip()
        for name, column in dataset.spec.audit.items()
        for value in (column.values or ("",))
        if not (audit[name].eq(value) if value else audit[name].notna()).any()
    )


def list_merged_columns(spec: Specification) -> dict[str, str]:
    """Return each coarser grouping of an audit column, and the column it is made of."""
    return {
        name: audited
        for audited, column in spec.audit.items()
        for name in column.merged
    }
