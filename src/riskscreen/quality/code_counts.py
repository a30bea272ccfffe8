"""How many weeks and persons a site's history has on each benefit code."""

from datetime import date

import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP, is_shown_code
from riskscreen.quality.findings import FileCounts
from riskscreen.quality.reading import read_history_into
from riskscreen.readers.site import Site
from riskscreen.rules.code_groups import CodeTable
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.validation.surveys import HistorySurvey


class CodeCounts:
    """Days and persons of each code, part by part; open spells last to a day."""

    def __init__(self, until: date) -> None:
        self._until = pd.Timestamp(until)
        self._days = pd.Series(dtype="int64")
        self._holders = pd.DataFrame({"code": [], "person_id": []}, dtype="str")

    def add(self, kept: pd.DataFrame) -> None:
        """Take in the sound spells of one part more."""
        end = (
            kept["end_date"].mask(kept["end_date"].gt(self._until)).fillna(self._until)
        )
        spells = pd.DataFrame(
            {
                "code": normalise_codes(kept["code"]),
                "person_id": kept["person_id"],
                "days": (end - kept["start_date"]).dt.days.clip(lower=0),
            }
        )
        days = spells.groupby("code")["days"].sum()
        self._days = self._days.add(days, fill_value=0)
        pairs = spells[["code", "person_id"]]
        # One row a code and person, however many parts a register comes in.
        self._holders = pd.concat([self._holders, pairs]).drop_duplicates()

    def tabulate(self, known: CodeTable) -> tuple[pd.DataFrame, int]:
        """Return code, weeks and persons as they may be told, most weeks first.

        Of fewer than SMALLEST_GROUP persons no figure is told, and a code that *known*
        lacks is not even named where few have it, or where it has not the form of one:
        the number of these comes second.
        """
        persons = self._holders["code"].value_counts()
        weeks = (self._days / DAYS_IN_WEEK).round().astype("int64")
        order = weeks.sort_values(ascending=False, kind="stable").index
        named = set(known.rows["code"])
        lines = [
            code
            for code in map(str, order)
            if code in named or is_shown_code(code, persons=int(persons[code]))
        ]
        few = {code: int(persons[code]) < SMALLEST_GROUP for code in lines}
        table = pd.DataFrame(
            {
                "code": lines,
                "weeks": ["" if few[code] else str(weeks[code]) for code in lines],
                "persons": [
                    f"<{SMALLEST_GROUP}" if few[code] else str(persons[code])
                    for code in lines
                ],
            },
            dtype="str",
        )
        return table, len(order) - len(lines)


def count_codes(site: Site, codes: CodeTable) -> tuple[pd.DataFrame, int]:
    """Count the weeks and persons on each code of *site*'s history up to its extract.

    Returned is what CodeCounts.tabulate says. Raises FileError, TableError or
    PersonalDataError where the history cannot be used; rows that break a rule are left
    out.
    """
    source = site.history()
    counts = CodeCounts(site.extract_date)
    survey = HistorySurvey(source.name, site.extract_date)
    read_history_into(site, counts.add, FileCounts(), survey)
    return counts.tabulate(codes)
