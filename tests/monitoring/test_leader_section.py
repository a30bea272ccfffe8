import json
import re

import pytest

from riskscreen.documents.pages.leader_page import LEADER
from riskscreen.documents.pages.week_sheet import WeekContext
from riskscreen.documents.pages.write import write_reports
from riskscreen.errors import FileError
from riskscreen.monitoring.leader_section import read_outcomes
from riskscreen.monitoring.pages import write_monitoring
from riskscreen.monitoring.wording import TEXTS
from tests.scored_cases import fitted_model, write_run

pytestmark = pytest.mark.slow

SAID = TEXTS["da"]["leader"]
TITLES = {"long_absence": "Langt sygefravær"}


def estimate(value, low=None, high=None, n=348):
    return {"value": value, "low": low, "high": high, "n": n}


def monitored(folder, **changed):
    """A folder of `monitor` of which the newest two months are not known yet."""
    found = {
        "target": "long_absence",
        "version": "7c41d0e29b5a",
        "extract_date": "2025-03-20",
        "interim": [
            {
                "weeks": 8,
                "expected": estimate(0.66),
                "observed": estimate(0.64, 0.59, 0.69),
            }
        ],
        "matured": {
            "months": 1,
            "estimates": {
                "mean_risk": estimate(0.29),
                "base_rate": estimate(0.31, 0.27, 0.35, n=187),
            },
        },
        "cases_by_month": {"2024-12": 187, "2025-01": 40, "2025-02": 44},
    }
    folder.mkdir()
    (folder / "monitoring.json").write_text(json.dumps({**found, **changed}))
    return folder


def cells(section):
    return [[cell.text for cell in row] for row in section.tables[0].rows]


def test_what_was_expected_stands_beside_what_was_observed(tmp_path):
    section = read_outcomes(monitored(tmp_path / "m"), titles=TITLES, language="da")
    assert cells(section) == [
        [SAID["after"].format(weeks=8), "348", "66", "64 (59-69)"],
        [SAID["final"], "187", "29", "31 (27-35)"],
        [SAID["open"], "84", "–", "–"],
    ]
    assert "Model 7c41d0e29b5a, data pr. 20. marts 2025" in section.tables[0].note


def test_a_hidden_month_hides_how_many_are_open_and_too_few_matured_have_no_line(
    tmp_path,
):
    folder = monitored(
        tmp_path / "m",
        interim=[],
        matured={"months": 0, "estimates": {}},
        cases_by_month={"2025-01": 40, "2025-02": None},
    )
    section = read_outcomes(folder, titles=TITLES, language="en")
    assert cells(section) == [["Outcome not known yet", "hidden", "–", "–"]]


def test_a_folder_of_something_else_or_of_another_target_is_refused(tmp_path):
    with pytest.raises(FileError, match="`riskscreen monitor`"):
        read_outcomes(tmp_path, titles=TITLES, language="da")
    folder = monitored(tmp_path / "m", target="long_benefit")
    with pytest.raises(FileError, match="is of long_benefit"):
        read_outcomes(folder, titles=TITLES, language="da")


@pytest.mark.parametrize(
    "changed",
    [
        {"target": ["long_absence"]},
        {"extract_date": 20250320},
        {"cases_by_month": [187, 40, 44]},
        {"interim": 8},
        {"matured": [1]},
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path, changed):
    folder = monitored(tmp_path / "m", **changed)
    with pytest.raises(FileError, match="`riskscreen monitor`"):
        read_outcomes(folder, titles=TITLES, language="da")


def test_what_monitor_writes_can_be_read(found, tmp_path):
    write_monitoring(found, out=tmp_path / "m")
    section = read_outcomes(
        tmp_path / "m", titles={found.target: "Det lange"}, language="da"
    )
    whens = [row[0] for row in cells(section)]
    assert whens[-2:] == [SAID["final"], SAID["open"]]
    observed = found.matured.estimates["base_rate"]
    assert cells(section)[-2][1] == f"{observed.n:,}".replace(",", ".")


def test_it_stands_on_the_leaders_page(tmp_path):
    model = fitted_model()
    write_run(tmp_path / "run", model, n=20)
    section = read_outcomes(monitored(tmp_path / "m"), titles=TITLES, language="da")
    week = WeekContext(sections=(section,))
    write_reports(
        tmp_path / "run", model, language="da", out=tmp_path / "out", week=week
    )
    page = re.sub(r"<[^>]+>", " ", (tmp_path / "out" / LEADER).read_text("utf-8"))
    assert "Holdt tallene?" in page
    assert "64 (59-69)" in page
