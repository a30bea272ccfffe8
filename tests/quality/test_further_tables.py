import pandas as pd
import pytest

from riskscreen.quality.report import report_quality
from riskscreen.readers.site import read_site
from tests import small_site

SESSIONS = {
    "name": "sessions",
    "label": small_site.words("sessions"),
    "idea": "facts",
    "rows": "dates",
    "windows": (52,),
    "aggregates": ("count", "sum"),
    "value": {"label": small_site.words("hours"), "unit": "count", "minimum": 0},
}


@pytest.fixture
def site(tmp_path):
    """Sixty cases, and a table of thirty rows, one of which breaks a rule."""
    folder = tmp_path / "site"
    (folder / "small_target").mkdir(parents=True)
    cases = small_site.cases(60)
    cases.to_csv(folder / "small_target" / "cases.csv", index=False)
    history = small_site.reaching(
        small_site.history(cases), small_site.EXTRACTED.date()
    )
    history.to_csv(folder / "history.csv", index=False)
    sessions = pd.DataFrame(
        {
            "person_id": cases["person_id"][:30],
            "date": "2023-05-01",
            "value": [-1, *range(29)],
        }
    )
    sessions.to_csv(folder / "sessions.csv", index=False)
    (folder / "code_groups_whole.csv").write_text(small_site.code_table().to_csv_text())
    (folder / "site.toml").write_text(f"extract_date = {small_site.EXTRACTED.date()}\n")
    return folder


def quality(folder, *names, **changes):
    specs = [
        small_site.specification(name=name, tables=(SESSIONS | changes,))
        for name in names or ["small_target"]
    ]
    return report_quality(read_site(folder), specs)


def rows_of(told, title, file):
    (found,) = (t for t in told.tables if t.title == title)
    return [row[1:] for row in found.rows if row[0] == file]


def test_a_further_table_is_counted_as_every_other_file(site):
    told = quality(site)
    ((rows, kept, aside, _),) = rows_of(told, "Files", "sessions.csv")
    assert (rows, kept, aside) == ("30", "29", "1")
    assert rows_of(told, "Set aside", "sessions.csv") == [("value: below 0", "1")]
    assert rows_of(told, "Missing", "sessions.csv") == [
        ("person_id", "0 %"),
        ("value", "0 %"),
    ]


def test_it_says_how_many_of_the_citizens_it_lacks(site):
    (flag,) = (f for f in quality(site).flags if "sessions.csv" in f)
    assert flag.startswith("24 of 53 ")


def test_two_targets_that_declare_it_alike_read_it_once(site):
    told = quality(site, "small_target", "other_target")
    assert len(rows_of(told, "Files", "sessions.csv")) == 1


def test_a_table_that_a_training_would_refuse_is_a_fault(site):
    assert not [f for f in quality(site).faults if "sessions" in f]
    path = site / "sessions.csv"
    path.write_text(path.read_text().replace("value", "hours"))
    (fault,) = (f for f in quality(site).faults if f.startswith("sessions.csv"))
    assert "value" in fault
    path.unlink()
    (fault,) = (f for f in quality(site).faults if f.startswith("sessions:"))
    assert "required = false" in fault
    assert not [f for f in quality(site, required=False).faults if "sessions" in f]
