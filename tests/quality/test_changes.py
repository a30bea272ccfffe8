from types import SimpleNamespace

from riskscreen.quality.changes import describe_changes
from tests.small_site import EXTRACTED, specification

ROWS = [
    "2024-03-06,population:small_target,en reform,loven",
    "2024-04-01,helpers,spurges om på ny,skemaet",
    "2020-01-01,population:small_target,for længe siden,loven",
    "2024-05-01,population:another,en andens,loven",
    "2026-01-01,population:small_target,kommer først,loven",
]


def test_the_changes_of_the_last_years_are_told_and_no_others(tmp_path):
    text = "\n".join(["date,affects,what,source", *ROWS]) + "\n"
    (tmp_path / "reforms.csv").write_text(text, encoding="utf-8")
    site = SimpleNamespace(
        folder=tmp_path, synthetic=False, extract_date=EXTRACTED.date()
    )
    first, second = describe_changes(site, specification())
    assert first.startswith("small_target: population:small_target changed on 2024-03")
    assert "helpers changed on 2024-04-01" in second
