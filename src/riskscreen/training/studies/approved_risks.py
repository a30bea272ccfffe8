"""What the approved version says of a training's cases, beside its candidate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.guarding import guarded
from riskscreen.model.calibration import to_risk
from riskscreen.model.risk_model import RiskModel
from riskscreen.readers.site import Site
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.preparation import prepare
from riskscreen.training.model_parts.recent import find_trained, predict_log_odds

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ApprovedRisks:
    """The approved version and its risk of every case it can score, by case_id."""

    version: str
    risk: "pd.Series[Any]"

    def score_cases(self, cases: pd.DataFrame) -> Numbers:
        """Return the risk of each of *cases*.

        Raises TableError where the approved model routes or refuses some of them: the
        two models are then about different people.
        """
        risk = self.risk.reindex(cases["case_id"]).to_numpy(dtype=np.float64)
        if missing := int(np.isnan(risk).sum()):
            raise TableError(
                f"The approved model does not score {missing} of {len(cases)} test "
                "cases, so the candidate cannot be compared with it. Give a "
                "specification with another population another name."
            )
        return risk


@guarded
def score_with_approved(
    model: RiskModel, judged: RiskModel, dataset: Dataset, site: Site | Path
) -> ApprovedRisks:
    """Return the approved version's risk of every case of *dataset*, out of sample.

    Cases that the approved *model* may have been trained on have the risk of the one
    that was *judged* in its place, which knows none of its own test: else the version
    that is to be followed would be told the answers. Where its specification is
    another, the site's tables are read once more by that; who objected meanwhile is for
    the next training. Raises FileError where one of the tables is no longer what was
    read before.
    """
    read = read_again(model, dataset, site)
    risk = to_risk(predict_log_odds(model, read.features))
    known = find_trained(model, read)
    if known.any():
        risk[known] = to_risk(predict_log_odds(judged, read.features[known]))
    ids = read.cases["case_id"].to_numpy()
    return ApprovedRisks(model.version, pd.Series(risk, index=ids))


def read_again(model: RiskModel, dataset: Dataset, site: Site | Path) -> Dataset:
    """Read the tables of *dataset* as *model*'s own specification has them.

    That is *dataset* itself where it is the same specification. Raises FileError where
    one of the tables is no longer what was read before.
    """
    if model.spec.fingerprint() == dataset.spec.fingerprint():
        return dataset
    # Whether this delivery's codes will do, the candidate's own bounds have said.
    read = prepare(
        model.spec, site, accept_unknown_codes=True, objected=dataset.objected
    )
    before, now = dataset.digests, read.digests
    read_twice = [table for table in now if now[table] and before.get(table)]
    if changed := [table for table in read_twice if now[table] != before[table]]:
        raise FileError(
            f"the delivery's {', '.join(changed)} changed while it was read. Train "
            "when the delivery is whole."
        )
    return read
