"""What a run knows of its cases that deadlines ask for, ready to look up by case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from riskscreen.rules.deadlines import Benefit, CaseFacts
from riskscreen.validation.schemas import KNOWN_UNTIL, STATE_AT_RUN

_OF_RUN = ("case_id", STATE_AT_RUN, KNOWN_UNTIL)


@dataclass(frozen=True)
class FactsOfRun:
    """The tables facts and benefits of a run; without a row, only dates are known."""

    facts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"case_id": []}))
    benefits: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"case_id": []})
    )

    def find(self, case: Any) -> CaseFacts | None:
        """Return what is known of a row that says when a case began; else None.

        Where its decision cannot be read, only what counts from the start is known.
        """
        if pd.isna(case.start_date):
            return None
        start = case.start_date.date()
        decision = None if pd.isna(case.decision_date) else case.decision_date.date()
        place = self._place.get(str(case.case_id))
        if place is None:
            return CaseFacts(start, decision)
        row = self._facts[place]
        until = row[KNOWN_UNTIL]
        return CaseFacts(
            start,
            decision,
            columns={str(n): v for n, v in row.items() if n not in _OF_RUN},
            state=None if pd.isna(row[STATE_AT_RUN]) else str(row[STATE_AT_RUN]),
            benefits=tuple(self._benefits.get(str(case.case_id), ())),
            known_until=None if pd.isna(until) else until.date(),
        )

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {str(case): n for n, case in enumerate(self.facts["case_id"])}

    @cached_property
    def _facts(self) -> list[dict[Any, Any]]:
        return self.facts.to_dict("records")

    @cached_property
    def _benefits(self) -> Mapping[str, list[Benefit]]:
        benefits: dict[str, list[Benefit]] = {}
        columns = ("case_id", "code_group", "start", "end")
        for case, group, start, end in zip(
            *(self.benefits.get(name, ()) for name in columns), strict=True
        ):
            own = benefits.setdefault(str(case), [])
            own.append(Benefit(str(group), start.date(), end.date()))
        return benefits


NO_FACTS = FactsOfRun()
"""A run that left no facts, such as one of an earlier release."""
