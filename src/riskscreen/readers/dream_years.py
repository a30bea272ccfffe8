"""DREAM's weeks with a row a person and year: columns y_01 to y_53 beside the year."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskscreen.errors import FileError
from riskscreen.readers.dream import Weeks, join_neighbours, read_wide_weeks, trim_cells
from riskscreen.readers.year_files import YEAR, find_weeks_of_year, list_weeks
from riskscreen.timeline import DAYS_IN_WEEK, from_day_number
from riskscreen.validation.checking import MISSING
from riskscreen.validation.delivered import LINE, find_lines

TWO_ROWS_A_YEAR = "person_id: occurs more than once in a year"
NO_YEAR = "year: not a year of four digits from 1990 to 2089"
_YEAR_CELL = r"(?:199\d|20[0-8]\d)"
_NO_SPELLS = pd.DataFrame(
    columns=["person_id", "code", "start_date", "end_date"],
    index=pd.Index([], dtype="int64", name=LINE),
)


def read_year_weeks(table: pd.DataFrame) -> tuple[Weeks, "pd.Series[int]"]:
    """Read spells from rows of one person and one year, and the year of each kept row.

    The rows may be a part of a register: its spells end with the year, and ``last`` is
    missing (join_years). Raises FileError where a week is coded that its year has not.
    """
    persons, years = trim_cells(table["person_id"]), trim_cells(table[YEAR])
    years = years.where(years.str.fullmatch(_YEAR_CELL, na=False).astype(bool))
    lines = find_lines(table)
    broken = {int(n): NO_YEAR for n in lines[years.isna()]}
    broken |= {int(n): f"person_id: {MISSING}" for n in lines[persons.isna()]}
    sound = (persons.notna() & years.notna()).to_numpy(dtype=bool)
    known, year = table[sound], years[sound].astype("int64")
    parts = [
        read_wide_weeks(_label_weeks(known[(year == one).to_numpy()], int(one)))
        for one in year.unique()
    ]
    nothing = np.zeros(0, dtype=np.int64)
    weeks = Weeks(
        spells=pd.concat([part.spells for part in parts] or [_NO_SPELLS]),
        persons=persons[sound],
        broken=broken,
        broken_persons=frozenset(persons[years.isna()].dropna()),
        coded=np.unique(np.concatenate([nothing, *(part.coded for part in parts)])),
        last=None,
    )
    return weeks, year


def join_years(parts: Sequence[tuple[Weeks, "pd.Series[int]"]]) -> Weeks:
    """Join the parts of a register; it ends with the last week that anybody has coded.

    (A year's columns stand to its last week, whether or not it has come.) A person with
    two rows in a year is doubtful, and neither row counts: nobody can say which is
    right.
    """
    persons = pd.concat([weeks.persons for weeks, _ in parts])
    years = pd.concat([year for _, year in parts])
    rows = pd.DataFrame({"person_id": persons.array, "year": years.array})
    twice = rows.duplicated(keep=False).to_numpy(dtype=bool)
    broken = {line: rule for weeks, _ in parts for line, rule in weeks.broken.items()}
    broken |= dict.fromkeys(persons.index[twice].tolist(), TWO_ROWS_A_YEAR)
    doubtful = frozenset(persons[twice]).union(*(w.broken_persons for w, _ in parts))
    spells = pd.concat([weeks.spells for weeks, _ in parts])
    coded = np.unique(np.concatenate([weeks.coded for weeks, _ in parts]))
    last = None
    if len(coded):
        last = from_day_number(coded[-1] + DAYS_IN_WEEK)
    return Weeks(
        spells=join_neighbours(spells[~spells.index.isin(persons.index[twice])]),
        persons=persons,
        broken=broken,
        broken_persons=doubtful,
        coded=coded,
        last=last,
    )


def _label_weeks(rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the rows of one year as in wide form: person_id and columns y_YYWW.

    Raises FileError where the 53rd week of a year of 52 is coded.
    """
    labels = list_weeks(year, [str(name) for name in rows.columns])
    weeks = find_weeks_of_year(str(name) for name in rows.columns)
    for name in set(weeks.values()) - set(labels.values()):
        if coded := int(trim_cells(rows[name]).notna().sum()):
            raise FileError(
                f"{name} holds a code in {coded} rows of {year}, which has 52 weeks. "
                "DREAM's weeks are ISO weeks: deliver the register's own columns."
            )
    renamed = rows[list(labels.values())].set_axis(list(labels), axis=1)
    return renamed.assign(person_id=rows["person_id"])
