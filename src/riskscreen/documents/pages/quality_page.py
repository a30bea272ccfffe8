"""Write the data-quality report of a delivery as one self-contained page."""

import re
from pathlib import Path

from riskscreen.documents.pages.formats import format_count
from riskscreen.documents.pages.templating import render, write_page
from riskscreen.documents.texts import DANISH, ENGLISH, TEXTS
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.quality.findings import QualityTable
from riskscreen.quality.report import QualityReport
from riskscreen.texts import Texts

_FIGURE = re.compile(r"<?[\d,.]+( %)?")
PAGE = "quality.html"
MADE_BY = "check"


@guarded
def write_quality_page(report: QualityReport, *, out: Path) -> Path:
    """Write *report* as the one page of the folder *out*; return the page's path."""
    tables = [(table, _find_figure_columns(table)) for table in report.tables]
    page = render(
        "quality.html",
        report=report,
        tables=tables,
        danish=DANISH,
        english=ENGLISH,
        summaries=[(texts, _summarise(report, texts)) for texts in TEXTS.values()],
    )
    with stage_folder(out, made_by=MADE_BY) as folder:
        write_page(folder / PAGE, page)
    return out / PAGE


def _summarise(report: QualityReport, texts: Texts) -> list[str]:
    """Return what can be used of a delivery, and what to do, in a line each."""
    t = texts["quality"]
    counts = (
        (len(report.faults), "faults", "faults_of", "no_faults"),
        (report.rows_set_aside, "set_aside", "set_aside_of", "no_set_aside"),
        (len(report.flags), "flags", "flags_of", "no_flags"),
    )
    return [
        t[some].format(n=format_count(n, t[forms], texts)) if n else t[none]
        for n, some, forms, none in counts
    ]


def _find_figure_columns(table: QualityTable) -> list[bool]:
    """Return which columns hold figures alone, which stand under each other."""
    columns = zip(*table.rows, strict=True)
    figures = [all(map(_FIGURE.fullmatch, column)) for column in columns]
    return figures or [False] * len(table.columns)
