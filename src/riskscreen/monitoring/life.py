"""A model's life: the months since it was trained, and the cases that came in each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.model.label_age import find_newest_month
from riskscreen.model.risk_model import RiskModel
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.model_parts.recent import find_trained

Places = npt.NDArray[np.int64]

REFERENCE_WEEKS = 156
"""What new cases are held against: those of the newest years that trained the model."""

FEWEST_IN_REFERENCE = 100
"""Below so many there is nothing to hold new cases against."""


@dataclass(frozen=True, slots=True)
class Life:
    """The whole months since the training, and whose cases they hold.

    ``month`` is each case's place in ``months``, -1 of one that is in none of them;
    ``reference`` are the places of the cases that new ones are held against: of the
    newest REFERENCE_WEEKS that trained the model.
    """

    months: tuple[str, ...]
    month: Places
    reference: Places

    def list_cases(self, month: int) -> Places:
        """List the places of the cases decided in a month."""
        return np.flatnonzero(self.month == month)

    @property
    def cases(self) -> Places:
        """The places of all cases decided in the life."""
        return np.flatnonzero(self.month >= 0)

    def name_quarters(self, cases: Places) -> npt.NDArray[np.str_]:
        """Name the quarter that each of *cases* of the life was decided in."""
        names = [str(pd.Period(month, freq="M").asfreq("Q")) for month in self.months]
        quarters = [f"{name[:4]}-{name[4:]}" for name in names]
        return np.array(quarters, dtype=str)[self.month[cases]]


def find_life(model: RiskModel, dataset: Dataset) -> Life:
    """Find the months of *model*'s life in *dataset*, a delivery read for it.

    Its first is the one after the newest that trained or calibrated the model, its last
    the newest that was over at the extract. Raises TableError where cases or model
    carry no dates, no month is over since, or few of the training's cases are there.
    """
    target, newest = model.spec.name, find_newest_month(model)
    days = dataset.cases.get("decision_date")
    if newest is None or days is None or dataset.extract_date is None:
        raise TableError(
            f"{target}: cases or model carry no dates, so no month of the model's life "
            "can be told. Monitor a model whose cases have a decision_date."
        )
    # A month is over at the end of its last day.
    after = pd.Timestamp(dataset.extract_date) + pd.Timedelta(days=1)
    months = pd.period_range(
        pd.Period(newest, freq="M") + 1, after.to_period("M") - 1, freq="M"
    )
    if not len(months):
        raise TableError(
            f"{target}: no month is over since {newest}, the newest that trained the "
            f"model, in an extract of {dataset.extract_date}. Wait for a newer one."
        )
    trained = find_trained(model, dataset)
    last = pd.Period(newest, freq="M").end_time
    recent = trained & (days > last - pd.Timedelta(weeks=REFERENCE_WEEKS)).to_numpy()
    reference = np.flatnonzero(recent)
    if len(reference) < FEWEST_IN_REFERENCE:
        raise TableError(
            f"{target}: fewer than {FEWEST_IN_REFERENCE} cases of the three years up "
            f"to {newest} are delivered, so there is nothing to hold new cases "
            "against. Deliver the cases that trained the model as well."
        )
    place = months.get_indexer(pd.PeriodIndex(days.dt.to_period("M")))
    return Life(tuple(map(str, months)), place.astype(np.int64), reference)
