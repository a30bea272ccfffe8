"""The approved model's risk of the same cases, so that a candidate can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.readers.site import Site
from riskscreen.training.dataset import Dataset, prepare


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


def _require_same(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise FileError where a table that both readings read is another one now."""
    read_twice = [table for table in now if now[table] and before[table]]
    if changed := [table for table in read_twice if now[table] != before[table]]:
        raise FileError(
            f"the delivery's {', '.join(changed)} changed while it was read. Train "
            "when the delivery is whole."
        )


@guarded
def score_with_champion(
    model: RiskModel, prepared: Dataset, site: Site | Path
) -> Approved:
    """*model*'s risk of every case of *prepared*.

    Where its specification is another, the site's tables are read once more by that.
    Raises FileError where one of them is no longer what was read before.
    """
    if model.spec.fingerprint() == prepared.spec.fingerprint():
        read = prepared
    else:
        read = prepare(model.spec, site)
        _require_same(prepared.digests, read.digests)
    risk = model.score(read.features).risk
    return Approved(
        model.version, pd.Series(risk, index=read.cases["case_id"].to_numpy())
    )
