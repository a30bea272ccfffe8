"""Help given to some of the sick-listed: who gets it, and what it does to the course.

The truth of a site stays that of the need: what becomes of a case that nobody helps.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen_synthetic.municipality import SyntheticSite
from riskscreen_synthetic.parameters import Parameters

TARGET = "long_absence"
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def help_as_caseworkers_do(site: SyntheticSite) -> SyntheticSite:
    """Return *site* with help given to those who seem to need it most.

    A caseworker sees the need through noise and offers help to the highest share; some
    do not take it, and some get it without an offer. The same site is helped alike.
    """
    table, random = site.parameters["help"], _draw_from(site)
    cases = site.targets[TARGET].cases
    truth = site.targets[TARGET].truth.set_index("case_id")["latent_risk"]
    need = truth.clip(1e-6, 1 - 1e-6).reindex(cases["case_id"]).to_numpy(np.float64)
    odds = np.log(need / (1 - need)) + random.normal(0, table["view_noise"], len(need))
    seen = np.nan_to_num(odds, nan=-np.inf)  # without a truth: none of the target's
    offered = seen >= np.quantile(seen, 1 - table["offered_share"])
    chance = np.where(offered, table["taken_if_offered"], table["taken_otherwise"])
    return give_help(site, chance, random=random)


def help_first_come(site: SyntheticSite, *, places_a_week: int) -> SyntheticSite:
    """Return *site* with help offered to the first *places_a_week* of each week.

    Nobody looks at the need, so whoever is decided late in the week is not chosen.
    Help begins where the case is still open then (give_help).
    """
    decided = site.targets[TARGET].cases["decision_date"]
    week = decided.dt.to_period("W-SUN")
    order = decided.sort_values(kind="stable").index
    place = week.loc[order].groupby(week.loc[order]).cumcount().reindex(decided.index)
    chance = (place < places_a_week).to_numpy(dtype=np.float64)
    return give_help(site, chance, random=_draw_from(site))


def give_help(
    site: SyntheticSite, chance: Floats, *, random: np.random.Generator
) -> SyntheticSite:
    """Return *site* with help for some of the sick-listed.

    *chance* is each case's of being helped, in their order. Help begins some weeks
    after T0, where the case is then still open by the register; of some it ends
    the illness, and whatever else the register has of them in the weeks after. What a
    site has in ``efforts`` already stays.
    """
    table = site.parameters["help"]
    cases, n = site.targets[TARGET].cases, len(chance)
    taken = random.random(n) < chance
    delay = random.integers(table["first_day"], table["last_day"] + 1, n)
    weeks = random.integers(table["ends_first_week"], table["ends_last_week"] + 1, n)
    works = random.random(n) < table["ends_share"]
    begins = cases["decision_date"] + pd.to_timedelta(delay, unit="D")
    begins = begins.mask(~(taken & _find_open(site, begins)))
    efforts = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "kind": table["kind"],
            "start_date": begins,
            "end_date": begins + pd.Timedelta(weeks=table["weeks"]),
            "place": table["place"],
        }
    )[begins.notna()]
    ends = begins + pd.to_timedelta(7 * weeks, unit="D")
    earlier = [] if site.efforts is None else [site.efforts]
    return replace(
        site,
        history=_end_illness(site, ends.mask(~works)),
        efforts=pd.concat([*earlier, efforts], ignore_index=True),
    )


def _draw_from(site: SyntheticSite) -> np.random.Generator:
    """Return a draw of its own, so that all else of the site stays as it is without."""
    return np.random.default_rng([site.seed, sum(b"help")])


def _list_illness_codes(parameters: Parameters) -> list[str]:
    codes = parameters["codes"]
    kinds = ("sickness", "clarification", "resource", "rehabilitation")
    both = (codes["main"], codes["second"])
    return [table[kind] for table in both for kind in kinds if kind in table]


def _find_open(site: SyntheticSite, days: "pd.Series[pd.Timestamp]") -> Flags:
    """Find which cases are ill on each one's day, by the register."""
    cases, past = site.targets[TARGET].cases, site.history
    ill = past[past["code"].isin(_list_illness_codes(site.parameters))]
    asked = pd.DataFrame({"person_id": cases["person_id"], "day": days})
    asked["row"] = np.arange(len(asked))
    both = asked.merge(ill, on="person_id")
    covers = (both["start_date"] <= both["day"]) & ~(both["end_date"] <= both["day"])
    is_open = np.zeros(len(cases), dtype=np.bool_)
    is_open[both["row"][covers].to_numpy()] = True
    return is_open


def _end_illness(site: SyntheticSite, ends: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """Return the history with nothing of these citizens from each end to their return.

    An end after the extract is not seen yet.
    """
    cases, past = site.targets[TARGET].cases, site.history
    extract = pd.Timestamp(site.parameters["calendar"]["extract_date"])
    seen = ends.notna() & (ends < extract)
    helped = pd.DataFrame({"person_id": cases["person_id"], "end": ends})[seen]
    away = pd.Timedelta(weeks=site.parameters["help"]["back_weeks"])
    history = past
    # A citizen with two cases may be helped twice: one end at a time.
    helped["time"] = helped.sort_values("end").groupby("person_id").cumcount()
    for _, once in helped.groupby("time"):
        end = history["person_id"].map(once.set_index("person_id")["end"])
        gone = (history["start_date"] >= end) & (history["start_date"] < end + away)
        cut = (history["start_date"] < end) & ~(history["end_date"] <= end)
        shorter = history["end_date"].mask(cut, end)
        history = history.assign(end_date=shorter)[~gone]
    return history.reset_index(drop=True)
