"""Who gets which help, by band: whether those at the highest risk are reached.

A centre that sends its most job-ready citizens to the offer that shows results routes
by ease (Rundt om fleksjob, delevaluering for STAR, 2017); here it is seen.
"""

import pandas as pd

from riskscreen.disclosure.counts import CountTable, ShownCounts
from riskscreen.disclosure.suppression import is_small
from riskscreen.followup.bands import EVERY_BAND

GOT, NOT = "got", "not_got"
ANY_KIND = "any"


def count_help_by_band(
    efforts: pd.DataFrame, by_case: "pd.Series[str]"
) -> dict[str, ShownCounts]:
    """Count the scored cases that got each kind of help, by band.

    *efforts* are the checked rows of help given, *by_case* each scored case's band.
    ANY_KIND comes first, then the kinds by name. One that few got is not named, nor one
    that nearly everybody got who got any: the others would be the few.
    """
    scored = efforts[efforts["case_id"].isin(by_case.index)]
    anything = _count(scored, by_case)
    found = {ANY_KIND: anything.hide_small()}
    for kind in sorted(scored["kind"].unique()):
        table = _count(scored[scored["kind"] == kind], by_case)
        got, rest = table.counts[:, 0], (anything.counts - table.counts)[:, 0]
        if not (is_small(got.sum()) or is_small(rest).any()):
            found[kind] = table.hide_small()
    return found


def _count(efforts: pd.DataFrame, by_case: "pd.Series[str]") -> CountTable:
    helped = by_case.index.isin(efforts["case_id"])
    got = pd.Series(helped, by_case.index).map({True: GOT, False: NOT})
    return CountTable.cross(by_case, got, row_order=EVERY_BAND, column_order=(GOT, NOT))
