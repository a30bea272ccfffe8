"""A benefit history in figures, counted part by part: weeks, codes, cliffs.

Nothing kept here grows with the register: of a part only sums by code, group, year and
last day stay, and of persons those of the cases and a few for each code.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import numpy as np
import pandas as pd

from riskscreen.array_tables import ArrayTable
from riskscreen.history.unknown_codes import (
    CodeHolders,
    QuarterSurvey,
    QuarterWeeks,
    describe_unknown,
)
from riskscreen.quality.coverage import Coverage, add_coverage, measure_coverage
from riskscreen.rules.code_groups import CodeTable, Integers, Truths, locate_codes
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.rules.split_spells import split_at_validity
from riskscreen.timeline import OPEN_END, to_day_number, to_days

_END = ["code", "unknown", "end"]


class HistoryFigures:
    """What the checked parts of a history add up to, by code, code group and year.

    ``found`` says of each of the persons asked for whether the history has a row.
    """

    def __init__(
        self, codes: CodeTable, persons: "pd.Index[str]", *, extract_date: date
    ) -> None:
        self.found = np.zeros(len(persons), dtype=np.bool_)
        self._codes, self._asked, self._day = codes, persons, extract_date
        self._holders, self._unknown = CodeHolders(), CodeHolders()
        self._quarter = QuarterSurvey(codes, extract_date + timedelta(days=1))
        self._by_code: list[Coverage] = []
        self._by_group: list[Coverage] = []
        self._unverified: list[Coverage] = []
        # Rows by code, end and whether the code was unknown: of a register of weeks
        # only its last part says on which day spells are open.
        self._ends = pd.DataFrame(columns=[*_END, "n"]).astype({"n": "int64"})

    def add(self, kept: pd.DataFrame) -> None:
        """Take in the sound spells of one part more."""
        place = self._asked.get_indexer(pd.Index(kept["person_id"].unique()))
        self.found[place[place >= 0]] = True
        self._quarter.add(ArrayTable.of_frame(kept))
        codes = normalise_codes(kept["code"])
        self._holders.add(codes, kept["person_id"])
        number, names = pd.factorize(codes)
        days = to_days(kept["start_date"]), to_days(kept["end_date"])
        unknown = self._measure(pd.Index(names), number, days)
        self._unknown.add(codes[unknown], kept["person_id"][unknown])
        ends = pd.DataFrame({"code": codes.array, "unknown": unknown, "end": days[1]})
        parts = [self._ends, ends.assign(n=1)]
        self._ends = pd.concat(parts).groupby(_END, as_index=False).agg({"n": "sum"})

    def close(self, open_ends: date | None) -> int:
        """Let spells that end on *open_ends* go on, and return how many there are."""
        if open_ends is None:
            return 0
        rows = self._ends[self._ends["end"] == to_day_number(open_ends)]
        start = rows["end"].to_numpy(dtype=np.int64)
        names, number = pd.Index(rows["code"]), np.arange(len(rows))
        beyond = self._measure(
            names, number, (start, np.full(len(rows), OPEN_END)), rows["n"].to_numpy()
        )
        more = rows[beyond & ~rows["unknown"].to_numpy(dtype=bool)]
        for code, n in zip(more["code"], more["n"], strict=True):
            holders = self._holders.persons[code]
            self._unknown.rows[code] = self._unknown.rows.get(code, 0) + int(n)
            # Each of these rows is another person's, in a register of weeks; they may
            # be those who are counted already, so no more than n are taken to be known.
            persons = self._unknown.persons.setdefault(code, set())
            persons.update(sorted(holders - persons)[: max(0, int(n) - len(persons))])
        return int(rows["n"].sum())

    def quarter(self) -> QuarterWeeks:
        """Return what the newest quarter holds."""
        return self._quarter.close()

    def weeks(self) -> Coverage:
        """Return the weeks by code group and year; unknown codes are OTHER_SUPPORT."""
        return add_coverage(self._by_group, extract_date=self._day)

    def unverified_weeks(self) -> dict[str, float]:
        """Return the weeks of each group that rest on unverified codes."""
        weeks = add_coverage(self._unverified, extract_date=self._day)
        return dict(zip(weeks.groups, weeks.weeks.sum(axis=1), strict=True))

    def describe_unknown(self, *, file: str) -> Iterator[str]:
        """Yield the sentence about unknown codes, if there are any."""
        if self._unknown.rows:
            yield describe_unknown(self._unknown.tabulate(), file=file)

    def describe_cliffs(self) -> Iterator[str]:
        """Yield groups, and codes of groups that go on, that fall away or begin.

        A code that few persons have, or that has not the form of one, is never named.
        """
        cliffs = self.weeks().find_cliffs()
        whole = {(cliff.group, cliff.kind, cliff.year) for cliff in cliffs}
        yield from (cliff.describe() for cliff in cliffs)
        shown = self._holders.list_shown()
        for cliff in add_coverage(self._by_code, extract_date=self._day).find_cliffs():
            if cliff.group not in shown:
                continue
            groups = self._codes.rows["group"][self._codes.rows["code"] == cliff.group]
            if not any((group, cliff.kind, cliff.year) in whole for group in groups):
                yield cliff.describe("code ")

    def _measure(
        self,
        names: "pd.Index[str]",
        number: Integers,
        days: tuple[Integers, Integers],
        weights: Integers | None = None,
    ) -> Truths:
        """Add spells to every coverage; return which are on a code unknown then."""
        start, end = (day.astype(np.int32) for day in days)
        pieces = split_at_validity(
            locate_codes(names.to_series(), self._codes)[number],
            start,
            end,
            self._codes.periods,
            until=to_day_number(self._day) + 1,
        )
        times = None if weights is None else weights[pieces.row]
        doubtful = ~pieces.verified
        spans = (pieces.start, pieces.end)
        measure = partial(measure_coverage, extract_date=self._day)
        self._by_code.append(measure([*names], number, days, weights=weights))
        groups = self._codes.groups
        group = self._codes.group_of_state[pieces.state]
        self._by_group.append(measure(groups, group, spans, weights=times))
        self._unverified.append(
            measure(
                groups,
                group[doubtful],
                (pieces.start[doubtful], pieces.end[doubtful]),
                weights=None if times is None else times[doubtful],
            )
        )
        unknown = np.zeros(len(number), dtype=np.bool_)
        unknown[pieces.row[pieces.unknown]] = True
        return unknown
