"""Pages that were kept, rendered again by a release that says more."""

import json
from dataclasses import MISSING, fields, is_dataclass
from datetime import date

import pytest
from markupsafe import Markup

from riskscreen.documents.pages import write
from riskscreen.documents.pages.memory import NoMemory
from riskscreen.documents.pages.shown import KEPT, render_again
from riskscreen.readers.letter_text import NO_LETTER_TEXT
from tests.scored_cases import fitted_model, write_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What the first page of each template is made of, and its text, by template."""
    folder, model, kept = tmp_path_factory.mktemp("run"), fitted_model(), {}
    write_run(folder / "scores", model, n=12)

    def take(template, file, html, *, language, values):  # noqa: ARG001
        kept.setdefault(template, (values, html))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "take_page", take)
        write.write_reports(
            folder / "scores", model, language="da", out=folder / "pages",
            as_of=date(2025, 1, 20), memory=NoMemory(), letters=NO_LETTER_TEXT,
        )  # fmt: skip
    return kept


def keep(value, *, without_defaults):
    """*value* as JSON, perhaps without every field that a release may have added."""
    if is_dataclass(value):
        names = [
            of.name
            for of in fields(value)
            if not without_defaults
            or (of.default is MISSING and of.default_factory is MISSING)
        ]
        return {
            name: keep(getattr(value, name), without_defaults=without_defaults)
            for name in names
        }
    if isinstance(value, Markup):
        return {"$markup": str(value)}
    if isinstance(value, tuple):
        return [keep(one, without_defaults=without_defaults) for one in value]
    return value


@pytest.mark.parametrize("template", KEPT)
def test_a_page_kept_before_its_values_had_more_fields_is_still_rendered(
    pages, template
):
    values, html = pages[template]
    frame = {name: keep(of, without_defaults=True) for name, of in values.items()}
    again = render_again(template, "da", json.loads(json.dumps(frame)), {})
    title = html.partition("<title>")[2].partition("</title>")[0]
    assert f"<title>{title}</title>" in again
    whole = {name: keep(of, without_defaults=False) for name, of in values.items()}
    assert render_again(template, "da", json.loads(json.dumps(whole)), {}) == html
