"""Who gets which help, by band: whether those at the highest risk are reached.

A centre that sends its most job-ready citizens to the offer that shows results routes
by ease (Rundt om fleksjob, delevaluering for STAR, 2017); here it is seen.
"""

import pandas as pd

from riskscreen.disclosure.suppression import is_small
from riskscreen.followup.bands import EVERY_BAND
from riskscreen.followup.counts import CountTable, ShownCounts

GOT, NOT = "got", "not_got"
ANY_KIND = "any"


def count_help_by_band(
    efforts: pd.DataFrame, by_case: "pd.Series[str]"
) -> dict[str, ShownCounts]:
    """Count the scored cases that got each kind of help, by band.

    *efforts* are the checked rows of help given, *by_case* each scored case's band.
    ANY_KIND comes first, then the kinds by name; one that few got is not named.
    """
    scored = efforts[efforts["case_id"].isin(by_case.index)]
    cases = scored.groupby("kind")["case_id"].nunique()
    kinds = sorted(str(kind) for kind in cases.index[~is_small(cases)])
    bands = by_case.reset_index(drop=True)
    ids = pd.Series(by_case.index)
    found: dict[str, ShownCounts] = {}
    for kind in (ANY_KIND, *kinds):
        own = scored if kind == ANY_KIND else scored[scored["kind"] == kind]
        got = ids.isin(own["case_id"]).map({True: GOT, False: NOT})
        table = CountTable.cross(
            bands, got, row_order=EVERY_BAND, column_order=(GOT, NOT)
        )
        found[kind] = table.hide_small()
    return found
