import re

import pytest

from riskscreen.documents.pages import write_front_page
from riskscreen.documents.texts import DANISH, ENGLISH
from riskscreen.errors import FileError, ModelError
from riskscreen.model.model_folder import save_model
from tests.scored_cases import fitted_model


@pytest.mark.slow
def test_the_front_page_leads_to_what_is_there_and_to_nothing_else(tmp_path):
    for target in ("long_absence", "long_benefit"):
        save_model(fitted_model(target), tmp_path / "models" / target)
    danish = tmp_path / "reports" / "da"
    (danish / "long_absence").mkdir(parents=True)
    (danish / "index.html").touch()
    (danish / "long_absence" / "index.html").touch()
    (tmp_path / "model_cards").mkdir()
    (tmp_path / "model_cards" / "long_benefit.md").touch()
    text = write_front_page(
        tmp_path, targets=["long_absence", "long_benefit"]
    ).read_text("utf-8")
    pages = DANISH["front"]["pages"]
    assert f'href="reports/da/index.html" lang="da">{pages}' in text
    assert 'href="reports/da/long_absence/index.html"' in text
    assert 'href="model_cards/long_benefit.md"' in text
    assert text.count("href=") == 3
    assert "Opfølgning" not in text
    assert "Langt sygefravær" in text
    assert "Opdigtede data" in text
    assert "https:" not in text


def test_the_pages_of_follow_up_are_led_to_where_there_are_any(tmp_path):
    save_model(fitted_model(), tmp_path / "models" / "long_absence")
    for language in ("da", "en"):
        pages = tmp_path / "follow_up" / language
        pages.mkdir(parents=True)
        (pages / "index.html").touch()
    text = write_front_page(tmp_path, targets=["long_absence"]).read_text("utf-8")
    assert 'href="follow_up/da/index.html" lang="da"' in text
    assert 'href="follow_up/en/index.html"' in text
    assert "Opfølgning på indsatsen" in text


def test_one_of_each_kind_of_case_is_led_to_in_both_languages(tmp_path):
    save_model(fitted_model(), tmp_path / "models" / "long_absence")
    found = {
        "da": {"agree": "cases/000002.html", "routed": "long_absence/routed.html"},
        "en": {"agree": "cases/000002.html"},
    }
    page = write_front_page(tmp_path, targets=["long_absence"], examples=found)
    text = page.read_text("utf-8")
    link = re.compile('<a href="(.*?)"(?: lang="(da)")?>(.*?)</a>')
    danish, english = (t["front"]["kinds"] for t in (DANISH, ENGLISH))
    assert [*map(link.findall, re.findall("<li>(.*?)</li>", text))] == [
        [
            ("reports/da/cases/000002.html", "da", danish["agree"]),
            ("reports/en/cases/000002.html", "", english["agree"]),
        ],
        [("reports/da/long_absence/routed.html", "da", danish["routed"])],
    ]


def test_a_missing_model_stops_with_its_folder(tmp_path):
    with pytest.raises((FileError, ModelError), match="long_absence"):
        write_front_page(tmp_path, targets=["long_absence"])
    assert not (tmp_path / "index.html").exists()
