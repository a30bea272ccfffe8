import pytest

from riskscreen.documents.pages import write_front_page
from riskscreen.errors import FileError, ModelError
from riskscreen.model.model_folder import save_model
from tests.scored_cases import fitted_model


def test_the_front_page_leads_to_what_is_there_and_to_nothing_else(tmp_path):
    for target in ("long_absence", "long_benefit"):
        save_model(fitted_model(target), tmp_path / "models" / target)
    danish = tmp_path / "reports" / "long_absence" / "da"
    danish.mkdir(parents=True)
    (danish / "index.html").touch()
    (tmp_path / "model_cards").mkdir()
    (tmp_path / "model_cards" / "long_benefit.md").touch()
    text = write_front_page(
        tmp_path, targets=["long_absence", "long_benefit"]
    ).read_text("utf-8")
    assert 'href="reports/long_absence/da/index.html"' in text
    assert 'href="model_cards/long_benefit.md"' in text
    assert text.count("href=") == 2
    assert "Langt sygefravær" in text
    assert "Opdigtede data" in text
    assert "https:" not in text


def test_a_missing_model_stops_with_its_folder(tmp_path):
    with pytest.raises((FileError, ModelError), match="long_absence"):
        write_front_page(tmp_path, targets=["long_absence"])
    assert not (tmp_path / "index.html").exists()
