"""The data-quality report of a delivery as one self-contained page."""

import re
from dataclasses import dataclass
from pathlib import Path

from riskscreen.documents.pages.formats import format_count
from riskscreen.documents.pages.templating import render, write_page
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.quality.report import QualityReport, QualityTable

_FIGURE = re.compile(r"<?[\d,.]+( %)?")
_POINTS = "points"
PAGE = "quality.html"
MADE_BY = "check"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table ready to print: each cell with the class of its column."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]


@guarded
def write_quality_page(report: QualityReport, *, out: Path) -> Path:
    """Write *report* as the one page of the folder *out*; returns the page's path."""
    tables = [_table(table) for table in report.tables]
    page = render("quality.html", report=report, lead=_lead(report), tables=tables)
    with stage_folder(out, made_by=MADE_BY) as folder:
        write_page(folder / PAGE, page)
    return out / PAGE


def _lead(report: QualityReport) -> str:
    """What matters most, in one sentence."""
    aside = report.rows_set_aside
    rows = _many(aside, "row is", "rows are") if aside else "no row is"
    if faults := len(report.faults):
        files = _many(faults, "file", "files")
        return f"{files} cannot be used; {rows} set aside."
    return f"Every file can be used; {rows} set aside."


def _many(n: int, one: str, more: str) -> str:
    return format_count(n, (one, more), "en")


def _table(table: QualityTable) -> _Table:
    css = [_css(column) for column in zip(*table.rows, strict=True)]
    css = css or [""] * len(table.columns)
    return _Table(
        title=table.title,
        columns=tuple(zip(table.columns, css, strict=True)),
        rows=tuple(tuple(zip(row, css, strict=True)) for row in table.rows),
    )


def _css(column: tuple[str, ...]) -> str:
    """The class of a column of figures, which stand under each other."""
    return _POINTS if all(map(_FIGURE.fullmatch, column)) else ""
