"""Outcomes that the register has wrong: an end that is none, or an illness gone on."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen_synthetic.municipality import SyntheticSite

Flags = npt.NDArray[np.bool_]
TARGET = "long_absence"
_WEEKS_TO_THE_END = 3
_WEEKS_GONE_ON = 60


def misregister_outcomes(site: SyntheticSite, share: float) -> SyntheticSite:
    """Return *site* with a wrong course for *share* of the sick-listed.

    Of those drawn, whoever is on a benefit half a year after the first day of illness
    loses all of it from three weeks after T0, and whoever is not goes on as sick-listed
    for 60 weeks. Only a citizen's last case is drawn, so that what is wrong is never
    the past of another case; the truth stays that of the course itself. The same site
    goes wrong alike. Raises ValueError where *share* lies outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: give a number from 0 to 1")
    random = np.random.default_rng([site.seed, sum(b"labels")])
    cases = site.targets[TARGET].cases.sort_values(["decision_date", "case_id"])
    last = cases.drop_duplicates("person_id", keep="last")
    wrong = last[random.random(len(last)) < share * len(cases) / len(last)]
    if wrong.empty:
        return site
    goes_on = ~_find_supported(site, wrong)
    delay = np.where(goes_on, 0, 7 * _WEEKS_TO_THE_END)
    wrong = wrong.assign(
        begins=wrong["decision_date"] + pd.to_timedelta(delay, unit="D")
    )
    past = site.history
    limit = past["person_id"].map(wrong.set_index("person_id")["begins"])
    runs_on = limit.notna() & ~(past["end_date"] <= limit)
    kept = past.assign(end_date=past["end_date"].mask(runs_on, limit))
    kept = kept[~(past["start_date"] >= limit)]
    longer = _list_longer_illness(site, wrong[goes_on])
    history = pd.concat([kept, longer.astype(past.dtypes.to_dict())])
    ordered = history.sort_values(["person_id", "start_date"], kind="stable")
    return replace(site, history=ordered.reset_index(drop=True))


def _find_supported(site: SyntheticSite, cases: pd.DataFrame) -> Flags:
    """Find which of *cases* have a benefit half a year after the first day of illness.

    *cases* has no person twice.
    """
    day = cases.set_index("person_id")["start_date"] + pd.Timedelta(weeks=26)
    past = site.history
    asked = past["person_id"].map(day)
    covers = (past["start_date"] <= asked) & ~(past["end_date"] <= asked)
    found: Flags = cases["person_id"].isin(set(past["person_id"][covers])).to_numpy()
    return found


def _list_longer_illness(site: SyntheticSite, cases: pd.DataFrame) -> pd.DataFrame:
    """List the rows of those whose illness goes on, as the extract sees them."""
    extract = pd.Timestamp(site.parameters["calendar"]["extract_date"])
    cases = cases[cases["begins"] < extract]
    ends = cases["begins"] + pd.Timedelta(weeks=_WEEKS_GONE_ON)
    known = cases["begins"] + pd.Timedelta(weeks=_WEEKS_TO_THE_END)
    return pd.DataFrame(
        {
            "person_id": cases["person_id"],
            "code": site.parameters["codes"]["main"]["sickness"],
            "start_date": cases["begins"],
            "end_date": ends.mask(ends > extract),
            "registered_on": known.mask(known > extract, extract),
        }
    )
