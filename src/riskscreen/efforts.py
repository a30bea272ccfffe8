"""Help given to cases, as a site registers it: for judging and for pages alone.

Help changes the outcome it is given to change, and is given to those who seem to need
it. A score that could see it would foretell the caseworkers, and then shrink as they do
more. So neither features nor labels nor scoring may import this module; import-linter
holds it (docs/explanation/decisions/efforts.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import is_small
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.guarding import guarded
from riskscreen.readers import read_table
from riskscreen.readers.delivered_table import DeliveredTable
from riskscreen.readers.site import Site
from riskscreen.validation.cells import is_among
from riskscreen.validation.follow_up import check_follow_up
from riskscreen.validation.joins import FEWEST_TO_MEET, Join
from riskscreen.validation.schemas import LANDMARK_WEEK

Days = npt.NDArray[np.datetime64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Efforts(DeliveredTable):
    """The efforts of a site that keep their contract, and how the table was read.

    ``table`` has case_id, kind, start_date, end_date and place, the earliest start
    first; a case may have several rows.
    """

    @cached_property
    def cases(self) -> frozenset[str]:
        """The cases that have a row, whatever its dates."""
        return frozenset(self.table["case_id"])

    def find_under_way(self, day: date) -> set[str]:
        """Return the cases whose help has not ended before *day*, begun or agreed."""
        ended = self.table["end_date"] < pd.Timestamp(day)
        return set(self.table["case_id"][~ended])

    def find_proposed_again(self, scores: pd.DataFrame) -> "pd.Series[bool]":
        """Return which of *scores* propose somebody at a landmark who has help already.

        A score knows of no help, so it is whoever reads it that leaves them out.
        """
        at_landmark = scores["proposed"].astype(bool) & scores[LANDMARK_WEEK].notna()
        return at_landmark & scores["case_id"].isin(self.cases)

    def describe_join(self, case_ids: Iterable[str], *, what: str) -> str:
        """Describe how many cases of this table are not among *case_ids*, of *what*.

        Empty where all are. That many are not is no fault: the table is of all targets.
        Few who were helped are not counted out.
        """
        named = pd.Series(sorted(self.cases), dtype="str")
        found = int(is_among(named, case_ids).sum())
        join = Join(f"cases of {self.file}", what, asked=len(named), found=found)
        if is_small(join.asked):
            return f"{self.file}: fewer than {SMALLEST_GROUP} cases have efforts"
        if join.asked >= FEWEST_TO_MEET and not join.found:
            return (
                f"not one of the {join.asked:,} {join.what} is in {what}. If it is of "
                "this target, case numbers are written differently: compare leading "
                "zeros and the case of letters, and state the form under [keys] in "
                "site.toml"
            )
        if not join.absent:
            return ""
        share = "" if is_small(join.absent) else f" ({1 - join.share:.1%})"
        others = "which is as it should be of other targets' cases"
        return f"{join.describe()}{share}, {others}"


def place_in_time(
    start: Days, end: Days, *, decided: Days, horizon: Days
) -> tuple[Mask, Mask]:
    """Return which efforts were under way at the decision, and which began after it.

    An effort that began by the day of the decision, and did not end before it, was
    under way: whoever decided knew of it. One that began later counts up to the
    *horizon*, whose day is the first that is not counted.
    """
    under_way = (start <= decided) & ~(end < decided)
    return under_way, (start > decided) & (start < horizon)


@guarded
def read_efforts(site: Site) -> Efforts | None:
    """Return the efforts that *site* delivers; None where it delivers no such table.

    Raises FileError, TableError or PersonalDataError where the table cannot be used;
    rows that break a rule are set aside, and told in the notes.
    """
    source = site.follow_up("efforts")
    if source is None:
        return None
    read = read_table(source)
    checked = check_follow_up(
        "efforts", read.table, file=source.name, patterns=site.keys
    )
    table = checked.kept.sort_values(["start_date", "case_id"], ignore_index=True)
    return Efforts(source.name, table, read, checked)
