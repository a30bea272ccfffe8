"""What a monitoring tells on the leader's page: outcomes as they mature."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from riskscreen.documents.pages.charts import draw_share
from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    Section,
    make_cells,
)
from riskscreen.documents.pages.formats import format_date, format_figure, lower_first
from riskscreen.documents.texts import TEXTS as DOCUMENT_TEXTS
from riskscreen.errors import FileError
from riskscreen.guarding import guarded
from riskscreen.monitoring.pages import FIGURES
from riskscreen.monitoring.wording import TEXTS
from riskscreen.plain_files import read_plain
from riskscreen.texts import Language, Texts

_PRIMARY = ("mean_risk", "base_rate")
"""The estimates of the matured cases that stand beside each other."""


@guarded
def read_outcomes(
    folder: Path, *, titles: Mapping[str, str], language: Language
) -> Section:
    """Return what was expected beside what was observed, of a folder of `monitor`.

    *titles* are those of the targets that the pages are of. Small counts are hidden
    there already. Raises FileError where it is not such a folder, or of another target.
    """
    path = folder / FIGURES
    try:
        found = json.loads(read_plain(path).decode("utf-8"))
        target, version = found["target"], found["version"]
        rows = tuple(_list_rows(found, TEXTS[language]["leader"], language))
        day = date.fromisoformat(found["extract_date"])
        stands = target in titles
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise FileError(
            f"{path}: cannot be read. Give a folder that `riskscreen monitor` wrote."
        ) from None
    if not stands:
        raise FileError(f"{path}: is of {target}, which these pages are not of.")
    t = TEXTS[language]["leader"]
    made_of = t["made_of"].format(
        version=version, day=format_date(day, DOCUMENT_TEXTS[language])
    )
    table = FiguresTable(
        t["table"].format(title=lower_first(titles[target])),
        (t["when"], t["cases"], t["expected"], t["observed"]),
        rows,
        note=made_of,
    )
    return Section(t["title"], t["note"], tables=(table,))


def _list_rows(
    found: Mapping[str, Any], t: Texts, language: Language
) -> Iterator[tuple[Cell, ...]]:
    """Yield a row a horizon, the nearest first, and how many nobody can tell of yet."""
    for of in found["interim"]:
        when = t["after"].format(weeks=of["weeks"])
        yield _build_row(when, of["expected"], of["observed"], language)
    matured, by_month = found["matured"], [*found["cases_by_month"].values()]
    estimates = matured["estimates"]
    if all(name in estimates for name in _PRIMARY):
        expected, observed = (estimates[name] for name in _PRIMARY)
        yield _build_row(t["final"], expected, observed, language)
    open_still = by_month[matured["months"] :]
    if open_still:
        texts = DOCUMENT_TEXTS[language]
        n = t["hidden"] if None in open_still else format_figure(sum(open_still), texts)
        yield make_cells(t["open"], n, "–", "–")


def _build_row(
    when: str, expected: Mapping[str, Any], observed: Mapping[str, Any], of: Language
) -> tuple[Cell, ...]:
    """Return the two shares in people out of 100, and the observed one as a bar."""
    texts = DOCUMENT_TEXTS[of]

    def say(share: float) -> str:
        return format_figure(100 * share, texts)

    said = say(observed["value"])
    if observed["low"] is not None and observed["high"] is not None:
        said = f"{said} ({say(observed['low'])}-{say(observed['high'])})"
    return (
        *make_cells(when, format_figure(observed["n"], texts), say(expected["value"])),
        Cell(said, draw_share(observed["value"], goal=expected["value"])),
    )
