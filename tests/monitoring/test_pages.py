import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from riskscreen.errors import FileError
from riskscreen.evaluation import Estimate
from riskscreen.monitoring.pages import list_metrics, write_monitoring
from riskscreen.monitoring.sections import build_intake, round_strength
from riskscreen.monitoring.wording import TEXTS, MonitoringWording
from tests.looked_at import NARROW, WIDE, find_faults, find_unreached, open_whole

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    out = tmp_path_factory.mktemp("monitoring") / "out"
    assert write_monitoring(found, out=out) == out / "da" / "index.html"
    return out


def read(path):
    return re.sub(r"<[^>]+>", " ", path.read_text("utf-8"))


def test_the_page_says_in_both_languages_what_to_do_and_why(written):
    danish, english = (read(written / of / "index.html") for of in ("da", "en"))
    assert "Træn modellen igen" in danish
    assert "ressourceforløb" in danish
    assert "Opdigtede data" in danish
    assert "Train again" in english
    assert TEXTS["en"]["reasons"]["code_moved"] in english
    for figure in ("Kalibreringshældning", "PSI", "2024-Q4", "siden"):
        assert figure in danish, figure


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_axe_finds_no_fault_and_the_keyboard_reaches_all(
    written, chromium, language, width
):
    tab = chromium.new_page(bypass_csp=True)
    open_whole(tab, (written / language / "index.html").as_uri(), width)
    assert find_faults(tab) == []
    assert find_unreached(tab) == []


def test_no_case_and_no_citizen_stands_in_what_is_written(written, delivered):
    ids = {*delivered.cases["case_id"], *delivered.cases["person_id"]}
    for path in written.rglob("*.*"):
        words = set(re.findall(r"[\w-]+", path.read_text("utf-8")))
        assert not ids & words, path.name


def test_the_json_has_every_figure_and_no_step_of_the_evidence(written, found):
    content = json.loads((written / "monitoring.json").read_text("utf-8"))
    assert content["recommendation"]["action"] == "retrain"
    assert content["evidence"]["codes"]["from"] == ["resource_course"]
    assert content["evidence"]["calibration"]["of_alarm"] in [n / 10 for n in range(11)]
    assert content["psi"] == found.psi
    assert content["matured"]["estimates"]["auc"]["value"] > 0.6
    assert content["months"] == ["2018-12", "2024-12"]
    assert "log_wealth" not in json.dumps(content)
    assert content["expected"][-1]["quarter"] == "2024-Q4"


def test_a_count_of_few_is_hidden_on_page_and_in_json(written):
    content = json.loads((written / "monitoring.json").read_text("utf-8"))
    assert content["codes"]["sickness"]["before"] is None
    assert "skjult" in read(written / "da" / "index.html")


def test_the_numbers_of_a_run_are_finite_and_named_by_figure(found):
    numbers = list_metrics(found)
    assert numbers["evidence.codes"] == 1.0
    assert "matured.auc" in numbers
    assert all(abs(number) < 1e6 for number in numbers.values())


def test_estimates_and_their_ends_keep_their_decimals(found):
    """0,7 (0,59 til 0,8) reads as if one were known better than the other."""
    estimate = Estimate(0.7, 0.59, 0.8, 500)
    said = [MonitoringWording(of, found).say_estimate(estimate) for of in ("da", "en")]
    assert said == ["0,70 (0,59 til 0,80)", "0.70 (0.59 to 0.80)"]


def test_a_newest_quarter_of_few_cases_has_no_stability_index_anywhere(written, found):
    """About sixty cases came in then."""
    assert found.psi == {}
    assert not [name for name in list_metrics(found) if name.startswith("psi.")]
    danish = read(written / "da" / "index.html")
    assert TEXTS["da"]["intake"]["few"].format(n=100) in danish


def test_a_hidden_stability_index_is_said_to_be_and_is_no_number_of_a_run(found):
    shown = replace(found, psi={"risk": 0.3, "gender": None})
    numbers = list_metrics(shown)
    assert numbers["psi.risk"] == 0.3
    assert "psi.gender" not in numbers
    intake = build_intake(shown, MonitoringWording("da", shown))
    assert [row[1].text for row in intake.tables[0].rows] == ["0,3", "skjult"]


def test_nothing_of_somebody_elses_is_replaced(found, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x", "utf-8")
    with pytest.raises(FileError):
        write_monitoring(found, out=tmp_path / "mine")
    assert Path(tmp_path / "mine" / "notes.txt").exists()


def test_strength_is_told_in_tenths_up_to_an_alarm():
    assert [round_strength(x) for x in (0.0, 0.46, 7.0)] == [0.0, 0.5, 1.0]
