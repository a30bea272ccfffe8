import re
from pathlib import Path

import pytest

from riskscreen.documents.texts import TEXTS
from riskscreen.errors import SpecError
from riskscreen.features.catalogue import TEXTS as LABELS
from riskscreen.followup.wording import TEXTS as FOLLOW_UP
from riskscreen.model.wording import TEXTS as WORDING
from riskscreen.monitoring.wording import TEXTS as MONITORING
from riskscreen.replay.sections import TEXTS as REPLAY
from riskscreen.rules.confirming import TEXTS as RULES
from riskscreen.texts import find_unlike, load_texts
from riskscreen.validation.checking import (
    MISSING,
    NEITHER,
    NOT_A_DATE,
    NOT_A_NUMBER,
    NOT_ALLOWED,
    NOT_WHOLE,
    REPEATED,
    TOO_LATE,
)
from riskscreen.validation.delivery_guide import TEXTS as DELIVERY
from riskscreen.validation.keys import OTHER_FORM, ROUNDED
from riskscreen.validation.surveys import DOUBLE, NO_ID

SOURCE = Path(__file__).parents[1] / "src" / "riskscreen"
LOOKED_UP = (
    *("refused.rules.", "refused.columns.", "history.", "units", "abstained."),
    *("overview.places_in.", "gates.names.", "volumes.closings_"),
    *("missing.", "reasons.", "points.", "results.", "window.", "dates.spans."),
    *("worklist.due.", "steps.", "still_in.by.", "quality.words.", "front.kinds."),
    *("served.acts.", "served.decided.", "served.reasons.", "served.events."),
    *("outcomes.", "places.newly_", "levels."),
    *("served.roles.", "served.what.", "served.statuses."),
)
"""Tables whose keys come from data: a rule, a column, a family, a unit, a sharing, a
gate, a result, a table, a reason or a point of a survey, a window or span of weeks, a
step of the attrition, a source of who is still in, a heading of the quality report, a
kind of case, an event, a role or a status of the
served pages."""


def keys_of(texts, before=""):
    for name, value in texts.items():
        if isinstance(value, dict):
            yield from keys_of(value, f"{before}{name}.")
        elif name != "language":
            yield before + name


def test_both_languages_have_the_same_texts_with_the_same_blanks():
    for texts in (TEXTS, WORDING, LABELS, DELIVERY, RULES):
        assert find_unlike(texts["da"], texts["en"]) == []
        assert all(texts["da"].values())


@pytest.mark.parametrize(
    "english",
    ['[a]\nb = "{weeks} left"', '[a]\nc = "x"', '[a]\nb = ["{n} left", "x"]'],
)
def test_a_text_that_one_language_lacks_or_fills_otherwise_is_refused(
    tmp_path, monkeypatch, english
):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "__init__.py").touch()
    (tmp_path / "some" / "texts.da.toml").write_text('[a]\nb = "{n} igen"')
    (tmp_path / "some" / "texts.en.toml").write_text(english)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SpecError, match=r"a\.b"):
        load_texts("some")


# Modules of other rooms that take texts of a room.
ALSO_READ_BY = {
    "documents": [SOURCE / "case_system/outbox.py", SOURCE / "live/pages.py"]
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "folder"),
    [
        (TEXTS, "documents"),
        (WORDING, "model"),
        (LABELS, "features"),
        (DELIVERY, "validation"),
        (FOLLOW_UP, "followup"),
        (MONITORING, "monitoring"),
        (REPLAY, "replay"),
    ],
)
def test_every_text_is_used(texts, folder):
    modules = [*(SOURCE / folder).rglob("*.py"), *ALSO_READ_BY.get(folder, ())]
    code = "".join(path.read_text("utf-8") for path in modules)
    pages = "".join(map(read_page, (SOURCE / folder).rglob("*.html")))
    scripts = "".join(p.read_text("utf-8") for p in (SOURCE / folder).rglob("*.js"))
    for key in keys_of(texts["da"]):
        if key.startswith(LOOKED_UP):
            continue
        name = key.rpartition(".")[2]
        used = (
            re.search(rf"""['"]{re.escape(name)}['"]""", code)
            or re.search(rf"\b{re.escape(key)}\b", pages)
            or re.search(rf"\bwords\.{re.escape(name)}\b", scripts)
        )
        in_sentence = f"{{{name}}}" in str(texts["da"])
        assert used or in_sentence, key


def read_page(path):
    """A template with whole names of texts, whatever it calls a table of them."""
    page = path.read_text("utf-8")
    for short, table in re.findall(r"{% set (\w+) = t\.(\w+) %}", page):
        page = re.sub(rf"\b{short}\.", f"{table}.", page)
    return page


def test_a_row_that_is_refused_for_its_key_is_explained():
    for rule in (
        ROUNDED,
        OTHER_FORM,
        MISSING,
        NOT_A_DATE,
        NOT_ALLOWED,
        NEITHER,
        NOT_A_NUMBER,
        NOT_WHOLE,
        REPEATED,
        TOO_LATE,
        NO_ID.partition(": ")[2],
        DOUBLE.partition(": ")[2],
    ):
        assert rule in TEXTS["da"]["refused"]["rules"]
