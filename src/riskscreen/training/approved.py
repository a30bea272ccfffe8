"""The approved model's risk of the same cases, so that a candidate can be compared."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.registers.site import Site
from riskscreen.screening import ScreeningModel
from riskscreen.training.preparation import Prepared, prepare


@dataclass(frozen=True, slots=True)
class Approved:
    """The approved version and its risk of every case it can score, by case_id."""

    version: str
    risk: pd.Series

    def of(self, cases: pd.DataFrame) -> npt.NDArray[np.float64]:
        """The risk of each of *cases*.

        Raises TableError where the approved model routes or refuses some of them: the
        two models are then about different people.
        """
        found = self.risk.reindex(cases["case_id"]).to_numpy(dtype=np.float64)
        if missing := int(np.isnan(found).sum()):
            raise TableError(
                f"The approved model does not score {missing} of {len(cases)} test "
                "cases, so the candidate cannot be compared with it. Give a "
                "specification with another population another name."
            )
        return found


def approved_on(
    model: ScreeningModel, prepared: Prepared, site: Site | Path
) -> Approved:
    """*model*'s risk of every case of *prepared*.

    Where its specification is another, the site's tables are read once more by that.
    """
    if model.spec.fingerprint() == prepared.spec.fingerprint():
        read = prepared
    else:
        read = prepare(model.spec, site)
    risk = model.score(read.features).risk
    return Approved(
        model.version, pd.Series(risk, index=read.cases["case_id"].to_numpy())
    )
