"""Write what a site must confirm of its rules, and take in what it has confirmed.

The sheet is one CSV file for a spreadsheet. What is confirmed goes into the site's own
code_groups.csv and deadlines.csv, and who said so into a log beside them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import FileError
from riskscreen.folders import change_alone, place_files
from riskscreen.guarding import guarded
from riskscreen.hand_written import (
    format_csv,
    name_unreadable,
    parse_csv,
    read_text,
)
from riskscreen.quality.code_counts import count_codes
from riskscreen.readers.manifest import MANIFEST
from riskscreen.readers.site import Site
from riskscreen.rules.code_groups import (
    SITE_CODES,
    SITE_CODES_WHOLE,
    CodeTable,
    read_code_table,
    read_site_code_table,
)
from riskscreen.rules.confirming import (
    RULES_LOG,
    SHEET_COLUMNS,
    Confirmation,
    check_reform_answers,
    confirm_codes,
    confirm_deadlines,
    list_code_rows,
    list_deadline_rows,
    list_reform_rows,
    read_answers,
)
from riskscreen.rules.deadline_rules import (
    DEADLINES,
    format_day,
    format_rules,
    read_own_rules,
    read_site_rules,
)
from riskscreen.rules.reforms import read_site_reforms
from riskscreen.sheets import open_sheet

_MADE_BY = "rules"
_LOG_COLUMNS = (
    "date",
    "by",
    "kind",
    "name",
    "valid_from",
    "valid_to",
    "applies_when",
    "confirmed",
    "remark",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A sheet to be answered: rows by kind, and codes that are not named in it."""

    sheet: Path
    counts: Counter[str]
    not_named: int

    def describe(self) -> Iterator[str]:
        """Yield what stands in the sheet and what to do with it."""
        by_kind = ", ".join(f"{n} of kind {kind}" for kind, n in self.counts.items())
        yield f"{self.sheet}: {by_kind or 'nothing is left to confirm'}"
        if self.not_named:
            yield (
                f"  {self.not_named} unknown codes are held by few, or look like no "
                "code, and are not named"
            )
        yield (
            "Write ja or nej under confirmed, and in remark what you compared with; "
            "then riskscreen rules --site SITE --confirm FILE --by NAME"
        )


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was answered by kind, and the files that say so now."""

    answers: tuple[Confirmation, ...]
    files: tuple[Path, ...]
    has_manifest: bool

    def describe(self) -> Iterator[str]:
        """Yield what was confirmed, what was not, and what is to be done."""
        if not self.answers:
            yield "No row says ja or nej under confirmed, so nothing is written."
            return
        yes = Counter(answer.kind for answer in self.answers if answer.confirmed)
        for kind, n in yes.items():
            yield f"{n} of kind {kind} confirmed"
        if refused := len(self.answers) - yes.total():
            yield (
                f"{refused} not confirmed: they stay as they are. Correct their rows "
                "in the site's own files."
            )
        yield f"Written: {', '.join(map(str, self.files))}"
        if self.has_manifest:
            yield f"{MANIFEST} is of the files before: riskscreen manifest SITE"


@guarded
def write_rules_to_confirm(site: Site, out: Path, *, language: str) -> Written:
    """Write the codes, deadlines and changes that *site* has not confirmed to *out*.

    Codes are those of its history, with weeks and persons; none where few have them.
    Raises FileError where *out* is there, and as reading history and rules does.
    """
    if out.exists():
        raise FileError(f"{out}: is there already. Name a new file, or delete it.")
    codes = read_site_code_table(site.folder)
    counts, not_named = count_codes(site, codes)
    reforms = read_site_reforms(site.folder, synthetic=site.synthetic)
    rows = [
        *list_code_rows(codes, counts, language=language),
        *list_deadline_rows(read_site_rules(site.folder), language=language),
        *list_reform_rows(reforms, language=language),
    ]
    schema = pa.schema([(name, pa.string()) for name in SHEET_COLUMNS])
    with open_sheet(out, schema, csv_for="excel") as sheet:
        sheet.write(pa.Table.from_pylist(rows, schema=schema))
    return Written(out, Counter(row["kind"] for row in rows), not_named)


@guarded
def confirm_rules(site: Site, sheet: Path, *, by: str, on: date) -> Confirmed:
    """Take what *sheet* answers into *site*'s own files; log who said so and when.

    Nothing is written where an answer cannot be used. Raises FileError for a sheet that
    cannot be read, and TableError naming column, rule and number of rows.
    """
    if not (who := mask_words(" ".join(by.split()))):
        raise FileError("--by: no name. Write who confirms the rules.")
    answers, folder = read_answers(sheet), site.folder
    with change_alone(folder / RULES_LOG, made_by=_MADE_BY):
        texts = _write_confirmed(site, answers, by=who, on=on, file=sheet.name)
    files = tuple(folder / name for name in texts)
    return Confirmed(answers, files, (folder / MANIFEST).exists())


def _write_confirmed(
    site: Site, answers: Sequence[Confirmation], *, by: str, on: date, file: str
) -> Mapping[str, str]:
    """Write what *answers* change of *site*'s files; return their texts by name."""
    folder = site.folder
    codes = confirm_codes(read_site_code_table(folder), answers, on=on, file=file)
    rules = confirm_deadlines(read_site_rules(folder), answers, on=on, file=file)
    reforms = read_site_reforms(folder, synthetic=site.synthetic)
    check_reform_answers(reforms, answers, file=file)
    texts: dict[str, str] = {}
    if named := _list_confirmed(answers, "code"):
        texts |= _write_codes(folder, codes, named)
    if named := _list_confirmed(answers, "deadline"):
        # The site's own deadlines with the named ones among them.
        own = {rule.name for rule in read_own_rules(folder)}
        texts[DEADLINES] = format_rules(
            rule for rule in rules if rule.name in own | named
        )
    if answers:
        texts[RULES_LOG] = _write_log(folder / RULES_LOG, answers, by=by, on=on)
        # These names are nobody's but ours, whoever wrote them: each was read above.
        place_files(folder, texts, made_by=_MADE_BY, is_ours=lambda _: True)
    return texts


def _list_confirmed(answers: Sequence[Confirmation], kind: str) -> set[str]:
    return {a.name for a in answers if a.kind == kind and a.confirmed}


def _write_codes(folder: Path, codes: CodeTable, named: set[str]) -> dict[str, str]:
    """Return the site's own table with *named* codes in it: of each all its rows."""
    if (folder / SITE_CODES_WHOLE).exists():
        return {SITE_CODES_WHOLE: codes.to_csv_text()}
    path = folder / SITE_CODES
    own = set(read_code_table(path).rows["code"]) if path.exists() else set()
    kept = codes.rows[codes.rows["code"].isin(own | named)]
    return {SITE_CODES: CodeTable(kept.reset_index(drop=True)).to_csv_text()}


def _write_log(
    path: Path, answers: Sequence[Confirmation], *, by: str, on: date
) -> str:
    """Return the log with a line more for each answer."""
    added = [
        {
            "date": on.isoformat(),
            "by": by,
            "kind": answer.kind,
            "name": answer.name,
            "valid_from": format_day(answer.valid_from),
            "valid_to": format_day(answer.valid_to),
            "applies_when": answer.applies_when,
            "confirmed": "yes" if answer.confirmed else "no",
            "remark": answer.remark,
        }
        for answer in answers
    ]
    return format_csv(_LOG_COLUMNS, [*_read_log(path), *added])


def _read_log(path: Path) -> list[dict[str, str]]:
    """Return the lines of the log as it is; none where there is no file."""
    try:
        with name_unreadable(path):
            log = parse_csv(read_text(path))
    except FileNotFoundError:
        return []
    if unknown := [name for name in log.columns if name not in _LOG_COLUMNS]:
        raise FileError(
            f"{path}: {len(unknown)} columns are none of {', '.join(_LOG_COLUMNS)}. "
            "Move the file away, and a new log begins."
        )
    return [row for _, row in log.rows]
