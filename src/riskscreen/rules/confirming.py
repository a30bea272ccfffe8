"""What a site must confirm of its rules, as a sheet; and what it has answered."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

import pandas as pd

from riskscreen.disclosure.words import looks_like_code, mask_words
from riskscreen.errors import FileError, TableError
from riskscreen.hand_written import (
    NO,
    YES,
    CsvRows,
    name_unreadable,
    parse_csv,
    parse_day,
    read_words,
)
from riskscreen.rules.code_conditions import normalise_condition
from riskscreen.rules.code_groups import CodeTable
from riskscreen.rules.code_rows import CONFIRMED, normalise_codes
from riskscreen.rules.conditions import join_conditions
from riskscreen.rules.deadline_rules import DeadlineRule, format_day
from riskscreen.rules.reforms import Reform
from riskscreen.texts import load_texts

TEXTS = load_texts("riskscreen.rules")

Kind = Literal["code", "deadline", "reform"]

RULES_LOG = "rules_log.csv"
"""Who confirmed what on which day; no run reads it."""

SHEET_COLUMNS = (
    "kind",
    "name",
    "group",
    "valid_from",
    "valid_to",
    "applies_when",
    "meaning",
    "source",
    "trust",
    "weeks",
    "persons",
    "confirmed",
    "remark",
)
_TOLD = ("meaning", "source", "trust", "weeks", "persons")
"""What a sheet tells whoever answers it; nothing of it is read back."""
_NEEDED = tuple(name for name in SHEET_COLUMNS if name not in _TOLD)
_YES = YES | {"x"}
Key = tuple[str | date | None, ...]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One row of a sheet that somebody has answered.

    ``name`` is a code, a deadline or what a reform affects, ``valid_from`` and
    ``valid_to`` its period (half-open; None = without bound; of a reform its day),
    ``applies_when`` the conditions of a deadline or a code, and ``group`` the code
    group, which the site may have corrected.
    """

    kind: Kind
    name: str
    group: str
    valid_from: date | None
    valid_to: date | None
    applies_when: str
    confirmed: bool
    remark: str

    @property
    def key(self) -> Key:
        """What its row is found by: several may have one name."""
        if self.kind == "deadline":
            return (self.name, self.valid_from, self.valid_to, self.applies_when)
        if self.kind == "code":
            return (self.name, self.valid_from, self.applies_when)
        return (self.name, self.valid_from)


def list_code_rows(
    table: CodeTable, counts: pd.DataFrame, *, language: str
) -> list[dict[str, str]]:
    """List the codes of *counts* that *table* has not confirmed, most weeks first.

    *counts* has code, weeks and persons as texts that may be told. A code without a
    row in the table stands there without a group, for the site to write.
    """
    marks, rows = TEXTS[language]["marks"], table.rows
    listed = []
    for count in counts.to_dict("records"):
        of_code = rows[rows["code"] == count["code"]]
        cells = {"name": count["code"], "weeks": count["weeks"]}
        cells["persons"] = count["persons"]
        if of_code.empty:
            listed.append(_fill("code", language, cells, trust=marks["unknown"]))
        listed += [
            _fill(
                "code",
                language,
                cells,
                group=row["group"],
                valid_from=_format_stamp(row["valid_from"]),
                valid_to=_format_stamp(row["valid_to"]),
                applies_when=row["applies_when"],
                meaning=row[language],
                source=row["source"],
                trust=marks[row["mark"]],
            )
            for row in of_code[of_code["mark"] != CONFIRMED].to_dict("records")
        ]
    return listed


def list_deadline_rows(
    rules: Iterable[DeadlineRule], *, language: str
) -> list[dict[str, str]]:
    """List the deadlines that the site has not confirmed."""
    return [
        _fill(
            "deadline",
            language,
            name=rule.name,
            valid_from=format_day(rule.bounds[0]),
            valid_to=format_day(rule.bounds[1]),
            applies_when=join_conditions(rule.applies_when),
            meaning=rule.in_language(language),
            source=rule.source,
            trust=TEXTS[language]["marks"][rule.mark],
        )
        for rule in rules
        if rule.mark != CONFIRMED
    ]


def list_reform_rows(
    reforms: Iterable[Reform], *, language: str
) -> list[dict[str, str]]:
    """List the known changes: whether their day and what they affect are right."""
    return [
        _fill(
            "reform",
            language,
            name=reform.affects,
            valid_from=reform.day.isoformat(),
            meaning=reform.what,
            source=reform.source,
        )
        for reform in reforms
    ]


def read_answers(path: Path) -> tuple[Confirmation, ...]:
    """Read the rows of a sheet that say yes or no under *confirmed*.

    A blank cell is no answer. Raises FileError for a file that is no such sheet and
    TableError naming column, rule and number of rows.
    """
    absent = "no such file. Name the sheet of riskscreen rules --out."
    with name_unreadable(path, absent=absent):
        sheet = parse_csv(read_words(path))
    if missing := [name for name in _NEEDED if name not in sheet.columns]:
        raise FileError(
            f"{path}: no column {missing[0]}. Keep the sheet's columns: "
            f"{', '.join(SHEET_COLUMNS)}."
        )
    return _parse_answers(sheet, file=path.name)


def confirm_codes(
    table: CodeTable, answers: Sequence[Confirmation], *, on: date, file: str
) -> CodeTable:
    """Return *table* with the rows confirmed that *answers* say yes to.

    A confirmed row has the answer's group and end, the day *on*, and its remark as the
    source where there is one. A code that the table lacks gets a row. What a code says
    beyond its group stays where the group does. Raises TableError where a confirmed
    code has no group, or two periods of it overlap, and where an answer, be it no, is
    about what is no code, or a no about a period of it that the table has not.
    """
    of_codes = [answer for answer in answers if answer.kind == "code"]
    _check_codes(table, of_codes, file=file)
    confirmed = [answer for answer in of_codes if answer.confirmed]
    if unnamed := sum(not answer.group for answer in confirmed):
        raise TableError(
            f"{file}: group is missing in {unnamed} confirmed rows. Write the code "
            "group, as docs/how-to/new-codes.md lists them."
        )
    rows = table.rows.to_dict("records")
    places = dict(zip(_list_code_keys(table), rows, strict=True))
    for answer in confirmed:
        row = places.get(answer.key)
        if row is None:
            row = dict.fromkeys(table.rows.columns, "")
            row |= {"code": answer.name, "source": f"the sheet {file}"}
            rows.append(row)
        if row["group"] != answer.group:
            row |= dict.fromkeys(("attribute", "activation"), "")
        row |= {
            "group": answer.group,
            "valid_from": _to_stamp(answer.valid_from),
            "valid_to": _to_stamp(answer.valid_to),
            "applies_when": answer.applies_when,
            "source": answer.remark or row["source"],
            "mark": CONFIRMED,
            "checked_on": pd.Timestamp(on),
        }
    added = rows[len(table.rows) :]
    if double := sum(any(_overlap(new, row) for row in rows) for new in added):
        raise TableError(
            f"{file}: valid_from is none of the table's in {double} confirmed rows of "
            "codes that it has for that time already. Leave valid_from as the sheet "
            "has it (a row is found by it), or write the code's periods into the "
            "site's code_groups.csv, as docs/how-to/new-codes.md shows."
        )
    made = pd.DataFrame(rows, columns=[*table.rows.columns])
    return CodeTable(made.astype(table.rows.dtypes.to_dict()))


def confirm_deadlines(
    rules: Iterable[DeadlineRule],
    answers: Sequence[Confirmation],
    *,
    on: date,
    file: str,
) -> tuple[DeadlineRule, ...]:
    """Return *rules* with those confirmed on the day *on* that *answers* say yes to.

    Raises TableError where an answer, be it no, is about none of the rules.
    """
    given = {answer.key: answer for answer in answers if answer.kind == "deadline"}
    rules_by_key = {_key_rule(rule): rule for rule in rules}
    if strange := len(given.keys() - rules_by_key.keys()):
        raise TableError(
            f"{file}: {strange} deadlines are none of the rules in force. Leave name, "
            "valid_from, valid_to and applies_when as the sheet has them, and correct "
            "a rule in the site's deadlines.csv."
        )
    return tuple(
        replace(
            rule, mark="confirmed", checked_on=on, source=answer.remark or rule.source
        )
        if (answer := given.get(key)) and answer.confirmed
        else rule
        for key, rule in rules_by_key.items()
    )


def check_reform_answers(
    reforms: Iterable[Reform], answers: Iterable[Confirmation], *, file: str
) -> None:
    """Raise TableError where an answer is about none of the known changes."""
    known = {(reform.affects, reform.day) for reform in reforms}
    given = {answer.key for answer in answers if answer.kind == "reform"}
    if strange := len(given - known):
        raise TableError(
            f"{file}: {strange} changes are none of those known. Leave name and "
            "valid_from as the sheet has them, and correct or add a change in the "
            "site's reforms.csv."
        )


def _check_codes(
    table: CodeTable, answers: Sequence[Confirmation], *, file: str
) -> None:
    """Raise TableError where an answer is about no code, or a no about no row.

    A yes may add a period; a code that the table lacks stands in the sheet without one.
    """
    keys = {*_list_code_keys(table)}
    known = {code for code, *_ in keys}
    asked = keys | {(a.name, None, "") for a in answers if a.name not in known}
    _refuse(
        {
            "name has not the form of a code": [
                a.name not in known and not looks_like_code(a.name) for a in answers
            ],
            "a no has a valid_from that no row of the table has": [
                not a.confirmed and a.key not in asked for a in answers
            ],
        },
        file=file,
    )


def _list_code_keys(table: CodeTable) -> list[Key]:
    """List what a sheet's answers to the rows of *table* have as their keys."""
    rows = table.rows
    days = map(_to_day, rows["valid_from"])
    return [*zip(rows["code"], days, rows["applies_when"], strict=True)]


def _key_rule(rule: DeadlineRule) -> Key:
    """Return what a sheet's answer to *rule* has as its key."""
    return (rule.name, *rule.bounds, join_conditions(rule.applies_when))


def _overlap(new: Mapping[Hashable, Any], row: Mapping[Hashable, Any]) -> bool:
    """Tell whether another *row* is of the same code at the same time."""
    if row is new or any(row[k] != new[k] for k in ("code", "applies_when")):
        return False
    # A missing end is no bound, and no comparison with it holds.
    return not (row["valid_to"] <= new["valid_from"]) and not (
        new["valid_to"] <= row["valid_from"]
    )


def _fill(
    kind: Kind, language: str, told: Mapping[str, str] | None = None, /, **cells: str
) -> dict[str, str]:
    """Return a row of the sheet; what nothing is said of is blank."""
    blank = dict.fromkeys(SHEET_COLUMNS, "")
    return {**blank, "kind": TEXTS[language]["kinds"][kind], **(told or {}), **cells}


def _parse_answers(sheet: CsvRows, *, file: str) -> tuple[Confirmation, ...]:
    answered = [row for _, row in sheet.rows if row["confirmed"]]
    kinds = {
        word: kind for texts in TEXTS.values() for kind, word in texts["kinds"].items()
    }
    _refuse(
        {
            "confirmed is neither yes nor no (ja, nej)": [
                row["confirmed"].casefold() not in _YES | NO for row in answered
            ],
            "kind is none of the sheet's": [
                row["kind"] not in kinds for row in answered
            ],
            "applies_when of a code is not as state = GROUP": [
                kinds.get(row["kind"]) == "code" and not _is_of_code(row)
                for row in answered
            ],
            "a date is not written as 2026-07-01 or 01-07-2026": [
                not all(_is_day(row[bound]) for bound in ("valid_from", "valid_to"))
                for row in answered
            ],
        },
        file=file,
    )
    names = normalise_codes(pd.Series([row["name"] for row in answered], dtype="str"))
    answers = tuple(
        Confirmation(
            kind=cast("Kind", kinds[row["kind"]]),
            name=code if kinds[row["kind"]] == "code" else row["name"],
            group=row["group"],
            valid_from=parse_day(row["valid_from"]),
            valid_to=parse_day(row["valid_to"]),
            applies_when=_read_condition(kinds[row["kind"]], row),
            confirmed=row["confirmed"].casefold() in _YES,
            remark=mask_words(row["remark"]),
        )
        for row, code in zip(answered, names, strict=True)
    )
    times = Counter((answer.kind, answer.key) for answer in answers)
    twice = [times[answer.kind, answer.key] > 1 for answer in answers]
    _refuse({"the same row is answered twice": twice}, file=file)
    return answers


def _refuse(broken: Mapping[str, Sequence[bool]], *, file: str) -> None:
    """Raise TableError for the first rule that answers break."""
    for rule, where in broken.items():
        if n := sum(where):
            raise TableError(f"{file}: {rule} ({n} rows). Correct the sheet.")


def _read_condition(kind: str, row: Mapping[str, str]) -> str:
    """Return for whom a row is, of a code as the table writes it."""
    text = row["applies_when"]
    return normalise_condition(text) if kind == "code" else text


def _is_of_code(row: Mapping[str, str]) -> bool:
    try:
        normalise_condition(row["applies_when"])
    except ValueError:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        parse_day(text)
    except ValueError:
        return False
    return True


def _to_stamp(day: date | None) -> Any:
    return pd.NaT if day is None else pd.Timestamp(day)


def _to_day(stamp: "pd.Timestamp") -> date | None:
    return None if pd.isna(stamp) else stamp.date()


def _format_stamp(stamp: "pd.Timestamp") -> str:
    return format_day(_to_day(stamp))
