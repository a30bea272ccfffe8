"""Who was referred to an effort, what became of it, and how many efforts began.

As Odense counts for its job mentors (evaluering af virksomhedsrettet indsats i
ressourceforløb, Væksthusets Forskningscenter, 2017).
"""

import pandas as pd

from riskscreen.disclosure.counts import ShownCounts, count_shown

OUTCOMES = ("begun", "begun_withdrawn", "withdrawn", "waiting")
"""What became of a referral: an effort began (and the citizen was withdrawn after all),
none began and he was withdrawn, or nothing is known yet."""
REFERRED_AT = ("meeting", "later")


def count_referrals(
    cases: pd.DataFrame, begun: frozenset[str]
) -> tuple[ShownCounts, ShownCounts] | None:
    """Count the referred *cases* of follow_up by team: when, and what became of them.

    *begun* are the cases in which an effort began. Who is referred and does not take
    part is withdrawn. None where nobody is referred.
    """
    referred = cases[cases["referred_at"].notna()]
    if referred.empty:
        return None
    teams = sorted(referred["team"].unique())
    has_begun = referred["case_id"].isin(begun)
    withdrawn = referred["takes_part"] == 0
    became = pd.Series("waiting", index=referred.index)
    became = became.mask(withdrawn, "withdrawn").mask(has_begun, "begun")
    became = became.mask(has_begun & withdrawn, "begun_withdrawn")
    return (
        count_shown(referred["team"], referred["referred_at"], teams, REFERRED_AT),
        count_shown(referred["team"], became, teams, OUTCOMES),
    )


def count_efforts_each(cases: pd.DataFrame, efforts: pd.DataFrame) -> float | None:
    """Return how many efforts began for each referred citizen who had any.

    None where fewer than one did.
    """
    referred = cases["case_id"][cases["referred_at"].notna()]
    of_referred = efforts["case_id"][efforts["case_id"].isin(referred)]
    citizens = of_referred.nunique()
    return len(of_referred) / citizens if citizens else None
