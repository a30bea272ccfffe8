"""Pages for whoever signed in: kept ones with ways and forms, and those around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from riskscreen.documents.pages.page_values import PageLink, RunHeader
from riskscreen.documents.pages.shown import read_values
from riskscreen.documents.pages.templating import load_assets, render
from riskscreen.documents.texts import TEXTS

_WAYS = ("page", "worklist", "letter", "case_page")
"""The fields of page values that name the file of another page."""


@dataclass(frozen=True, slots=True)
class Served:
    """What stands around a page for one reader.

    ``here`` is the page's own address and ``links`` stand on top; ``files`` are the
    addresses of those files that the reader may open. ``token`` goes with each form,
    ``noted`` says what was decided last, by target, and ``problem`` why nothing was.
    """

    here: str
    links: tuple[PageLink, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    noted: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    longest_line: int = 0


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page around the kept ones: where to begin, the log, or why there is none."""

    title: str
    lead: str
    links: tuple[PageLink, ...] = ()
    asks_code: bool = False
    rows: tuple[tuple[str, ...], ...] = ()


def render_served(
    template: str,
    language: str,
    frame: Mapping[str, Any],
    parts: Mapping[int, Any],
    served: Served,
) -> str | None:
    """Return a kept page for one reader; None where it was about an erased case."""
    own = {number: _lead(part, served.files) for number, part in parts.items()}
    values = read_values(template, _lead(frame, served.files), own)
    if values is None:
        return None
    values["run"].links = served.links
    values |= {"home": "", "here": served.here}
    return render(template, t=TEXTS[language], served=served, **values)


def render_plain(page: PlainPage, language: str, served: Served) -> str:
    """Return a page around the kept ones."""
    run = RunHeader(
        target="", question="", who="", synthetic=False, today="", data_date="",
        pilot=False, models=(), limits="", links=served.links,
    )  # fmt: skip
    return render(
        "served.html", t=TEXTS[language], served=served, run=run, page=page, home="",
        here=served.here,
    )  # fmt: skip


def describe_policy(template: str) -> str:
    """Return the policy that goes with a served page of *template* as a header."""
    policy = load_assets(template, served=True).policy
    return f"{policy}; frame-ancestors 'none'"


def _lead(value: Any, files: Mapping[str, str]) -> Any:
    """Return kept values whose ways lead to *files*, and nowhere else."""
    if isinstance(value, Mapping):
        return {
            name: files.get(one, "")
            if name in _WAYS and isinstance(one, str)
            else _lead(one, files)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_lead(one, files) for one in value]
    return value
