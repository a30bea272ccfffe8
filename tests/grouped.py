"""A whole history grouped in memory: what the readers in parts are tested with."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskscreen.rules.code_groups import CodeTable, locate_codes
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.rules.split_spells import SplitSpells, split_at_validity
from riskscreen.rules.states import drop_activation
from riskscreen.timeline import OPEN_END, from_days, to_day_number, to_days


@dataclass(frozen=True)
class GroupedHistory:
    """A history read by groups.

    ``spells``: person_id, group (categorical over the table's groups), start_date,
    end_date (missing = open), registered_on where the history has it, verified,
    unknown. ``unknown``: code, n_rows, n_persons of codes that the table does not hold,
    or not at that time.
    """

    spells: pd.DataFrame
    unknown: pd.DataFrame

    @property
    def unknown_persons(self) -> frozenset[str]:
        """The persons with an unknown code at any time."""
        return frozenset(self.spells["person_id"][self.spells["unknown"]])


def group_history(
    history: pd.DataFrame, table: CodeTable, *, until: date | None = None
) -> GroupedHistory:
    """Group the spells of *history*, and find what the code table does not know.

    A spell is cut at the Monday of the week in which its code changes group, so that
    each piece has one group and no register week is cut. A part that no row of the
    table covers is of OTHER_SUPPORT and unknown. A code is judged where its spell has
    been lived: up to *until*, the day of the extract; without that day a spell is taken
    to go on as far as it says.
    Rows are as check_history leaves them: start before end.
    """
    codes, distinct = pd.factorize(history["code"], use_na_sentinel=False)
    pieces = split_at_validity(
        locate_codes(pd.Series(distinct), table)[codes],
        to_days(history["start_date"]).astype(np.int32),
        to_days(history["end_date"]).astype(np.int32),
        table.periods,
        until=OPEN_END if until is None else to_day_number(until) + 1,
    )
    rows = history.iloc[np.unique(pieces.row[pieces.unknown])]
    return GroupedHistory(
        _spells(history, pieces, table),
        _unknown(rows) if len(rows) else _nothing_unknown(),
    )


def _spells(
    history: pd.DataFrame, pieces: SplitSpells, table: CodeTable
) -> pd.DataFrame:
    rows = history["person_id"].take(pieces.row).reset_index(drop=True)
    spells = pd.DataFrame(
        {
            "person_id": rows,
            "group": pd.Categorical(
                [drop_activation(table.spell_states[n]) for n in pieces.state],
                categories=pd.Index(table.states),
            ),
            "start_date": from_days(pieces.start),
            "end_date": from_days(pieces.end),
        }
    )
    if "registered_on" in history:
        registered = history["registered_on"].take(pieces.row)
        spells["registered_on"] = registered.reset_index(drop=True)
    return spells.assign(verified=pieces.verified, unknown=pieces.unknown)


def _unknown(rows: pd.DataFrame) -> pd.DataFrame:
    by_code = rows.assign(code=normalise_codes(rows["code"])).groupby("code")
    return by_code.agg(
        n_rows=("person_id", "size"), n_persons=("person_id", "nunique")
    ).reset_index()


def _nothing_unknown() -> pd.DataFrame:
    columns = {"code": "str", "n_rows": "int64", "n_persons": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
