"""Letters to citizens, and the information to those in the training data."""

import re
from datetime import date
from html import unescape

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages.letters import FACTS_ON_A_PAGE, FEWEST_FACTS
from riskscreen.documents.pages.scoring_run import ByLot
from riskscreen.documents.pages.write import write_reports, write_reports_by_target
from riskscreen.documents.texts import DANISH
from riskscreen.readers.letter_text import (
    LONGEST,
    NO_LETTER_TEXT,
    ConfirmedText,
    LetterText,
)
from tests.printed import count_sheets
from tests.scored_cases import fitted_model, write_run

pytestmark = pytest.mark.slow

AS_OF = date(2025, 1, 20)
NOTE = "en kollegas note"


def _fill(part):
    """A text as long as may be, in two paragraphs."""
    words = "Du kan få at se, hvad vi har brugt. " * 100
    return (words[: LONGEST[part] // 2], words[: LONGEST[part] // 2])


SAID = LetterText(
    "Eksempelby",
    "Telefon 00 00 00 00",
    ConfirmedText(_fill("rights"), "jurist", date(2026, 8, 3)),
    ConfirmedText(_fill("information"), "DPO", date(2026, 8, 4)),
)
TARGETS = ("long_absence", "long_benefit", "long_unemployment")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A run of one target with confirmed texts and without, and one of three."""
    folder, model = tmp_path_factory.mktemp("letters"), fitted_model()
    write_run(folder / "scores", model, n=12)
    for name, said in (("whole", SAID), ("draft", NO_LETTER_TEXT)):
        write_reports(
            folder / "scores", model, language="da", out=folder / name, as_of=AS_OF,
            letters=said,
        )  # fmt: skip
    models = {target: fitted_model(target) for target in TARGETS}
    for target, of in models.items():
        write_run(folder / "three" / target, of, n=12)
    write_reports_by_target(
        folder / "three", models, language="da", out=folder / "three_pages",
        as_of=AS_OF, letters=SAID,
    )  # fmt: skip
    return folder


def read_text(path):
    """The words of a page."""
    page = path.read_text("utf-8")
    page = re.sub("<style.*?</style>|<svg.*?</svg>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def test_each_citizen_with_a_page_has_one_letter_and_the_page_leads_to_it(pages):
    cases = sorted(path.name for path in (pages / "whole" / "cases").iterdir())
    assert len(cases) == 12
    assert sorted(p.name for p in (pages / "whole" / "letters").iterdir()) == cases
    page = (pages / "whole" / "cases" / cases[0]).read_text("utf-8")
    assert f'href="../letters/{cases[0]}"' in page


def test_without_letters_no_page_leads_to_one(pages):
    model = fitted_model()
    out = pages / "none"
    counted = write_reports(pages / "scores", model, language="da", out=out)
    assert counted.letters == 0
    assert not (out / "letters").exists()
    assert "letters/" not in (out / "cases" / "000001.html").read_text("utf-8")


def test_a_letter_says_what_was_used_who_decides_and_the_sites_own_rights(pages):
    text = read_text(pages / "whole" / "letters" / "000001.html")
    for words in (
        "Eksempelby", "Telefon 00 00 00 00", "20. januar 2025", "Hvem bestemmer?",
        "Det gør din sagsbehandler", "Det betød mest", "Kommer fra",
        "det er ikke din skyld", "Tallet bygger ikke på navn, CPR-nummer",
        "køn eller oprindelse", "lignende sager", "Alle i målgruppen: ca.",
        "Er noget forkert?", "Du kan få at se, hvad vi har brugt.",
        "Teksten om rettigheder er bekræftet 3. august 2026 (jurist).",
        "Dine egne ord",
    ):  # fmt: skip
        assert words in text, words
    assert "UDKAST" not in text


def test_the_letter_has_the_figures_of_the_page(pages):
    for n in ("000001", "000012"):
        letter = read_text(pages / "whole" / "letters" / f"{n}.html")
        page = read_text(pages / "whole" / "cases" / f"{n}.html")
        like = re.search(
            r"((?:ca\.|færre end|flere end) \d+ ud af \d+) lignende", letter
        )
        usual = re.search(r"Alle i målgruppen: (.*? ud af \d+)", letter)
        assert f"Lignende sager {like[1]}" in page
        assert f"Alle i målgruppen {usual[1]}" in page


def test_a_letter_without_confirmed_rights_is_a_draft_and_says_four_things(pages):
    text = read_text(pages / "draft" / "letters" / "000001.html")
    letter = DANISH["letter"]
    assert "UDKAST" in text
    for name in ("who", "wrong", "insight", "complaint"):
        assert letter[name] in text
        assert letter[f"{name}_words"] in text
    for words in (
        letter["mattered"], letter["figure"], letter["rights"], letter["proposed"],
        "ud af 10", "ud af 20", "lignende sager", letter["patterns"],
    ):  # fmt: skip
        assert words not in text, words


def test_who_is_not_proposed_is_told_so(pages):
    letters = [read_text(p) for p in (pages / "whole" / "letters").iterdir()]
    texts = DANISH["letter"]
    proposed = sum(texts["proposed"] in letter for letter in letters)
    assert 0 < proposed < 12
    assert proposed + sum(texts["not_proposed"] in words for words in letters) == 12


def test_one_letter_tells_of_every_target_and_names_few_facts_of_each(pages):
    path = next((pages / "three_pages" / "letters").iterdir())
    text = read_text(path)
    for title in ("Langt sygefravær", "Lang tid på ledighedsydelse", "Lang ledighed"):
        assert title in text
    table = re.search('class="mattered".*?</table>', path.read_text("utf-8"), re.DOTALL)
    words = "(oftere|sjældnere) (langt sygefravær|lang tid på ledighedsydelse|lang led)"
    facts = len(re.findall(f"<td>{words}", table[0]))
    assert facts == table[0].count('scope="row"')
    assert facts == max(FEWEST_FACTS, FACTS_ON_A_PAGE // 3) * 3


def test_who_is_drawn_by_one_target_and_proposed_by_another_is_told_both(pages):
    models = {target: fitted_model(target) for target in TARGETS}
    proposed = {
        target: set(table["case_id"][table["proposed"].astype(bool)])
        for target in TARGETS
        for table in [pd.read_parquet(pages / "three" / target / "scores.parquet")]
    }
    drawn = "long_absence"
    others = set.union(*(proposed[of] for of in TARGETS if of != drawn))
    both = others - proposed[drawn]
    assert both
    write_reports_by_target(
        pages / "three", models, language="da", out=pages / "drawn", as_of=AS_OF,
        letters=SAID, by_lot=ByLot(drawn, frozenset(both), "Vi trækker lod."),
    )  # fmt: skip
    letters = [read_text(path) for path in (pages / "drawn" / "letters").iterdir()]
    by_lot = [text for text in letters if "Vi trækker lod." in text]
    assert len(by_lot) == len(both)
    for text in by_lot:
        assert f"{DANISH['letter']['proposed']} Vi trækker lod." in text
        assert DANISH["letter"]["not_proposed"] not in text


def test_what_a_reader_is_told_of_the_training_comes_from_the_model(pages):
    text = read_text(pages / "three_pages" / "information.html")
    for words in (
        "Langt sygefravær", "Borgere, der er nyligt sygemeldt på sygedagpenge",
        "Modellerne bygger på: alder og uddannelse, helbred",
        "Vi bruger køn og oprindelse til at kontrollere, om tallene passer",
        "Modellerne bygger ikke på navn, CPR-nummer eller notater fra samtaler.",
        "Teksten om rettigheder er bekræftet 4. august 2026 (DPO).",
    ):  # fmt: skip
        assert words in text, words
    for words in ("aldersgruppe", "Tallet bygger"):
        assert words not in text, words
    for words in ("køn", "oprindelse"):
        assert text.count(words) == 1, words
    draft = read_text(pages / "draft" / "information.html")
    assert "UDKAST" in draft
    assert "Modellerne bygger på" not in draft


def test_of_a_case_without_a_stated_fact_the_letter_names_none(tmp_path):
    """As of a model without history, whose reasons are all of the file."""
    model = fitted_model()
    write_run(tmp_path / "scores", model, n=1)
    reasons = pd.read_parquet(tmp_path / "scores" / "reasons.parquet")
    reasons = reasons[reasons["feature"].isin(model.spec.features())]
    reasons.assign(value=np.nan).to_parquet(tmp_path / "scores" / "reasons.parquet")
    write_reports(
        tmp_path / "scores", model, language="da", out=tmp_path / "da", as_of=AS_OF,
        letters=SAID,
    )  # fmt: skip
    text = read_text(tmp_path / "da" / "letters" / "000001.html")
    assert DANISH["letter"]["comes_from"] not in text
    assert DANISH["letter"]["also_used"].partition("{")[0] not in text
    assert DANISH["letter"]["not_used"].partition("{")[0] + "navn" in text
    assert "Dette stod ikke i sagen" in text


def test_letters_and_the_information_are_one_sheet_of_paper_each(pages, browser):
    """With texts as long as may be, and with three targets on one letter."""
    for path in (
        pages / "whole" / "letters" / "000001.html",
        pages / "draft" / "letters" / "000001.html",
        pages / "three_pages" / "letters" / "000001.html",
        pages / "three_pages" / "information.html",
    ):
        assert count_sheets(browser, path) == 1, path
