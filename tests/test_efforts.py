"""Who was helped: read from the site's folder, and out of reach of every score."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskscreen
from riskscreen.efforts import place_in_time, read_efforts
from riskscreen.readers.site import read_site
from riskscreen.scoring.batch import score_files
from riskscreen.scoring.site import deliver_from_site
from tests import small_site

HEADING = "case_id;kind;start_date;end_date;place"


def test_help_is_under_way_if_it_began_by_the_decision_and_was_not_over():
    """Decided on 15 January; the horizon is 15 July."""
    days = [
        ("2024-01-08", "2024-01-14", "over"),
        ("2024-01-08", "2024-01-15", "under way"),
        ("2024-01-15", "NaT", "under way"),
        ("2024-01-16", "NaT", "after"),
        ("2024-07-14", "2024-07-20", "after"),
        ("2024-07-15", "NaT", "too late"),
    ]
    start, end, expected = zip(*days, strict=True)
    under_way, after = place_in_time(
        np.array(start, dtype="M8[D]"),
        np.array(end, dtype="M8[D]"),
        decided=np.datetime64("2024-01-15"),
        horizon=np.datetime64("2024-07-15"),
    )
    assert under_way.tolist() == [said == "under way" for said in expected]
    assert after.tolist() == [said == "after" for said in expected]


@pytest.fixture
def folder(tmp_path):
    """A site of open cases; nobody says yet who was helped."""
    site = tmp_path / "site"
    small_site.deliver(site, 60)
    (site / "site.toml").write_text(
        'extract_date = 2024-12-30\n[intake.small_target]\npath = "cases.csv"\n'
    )
    return site


def help_some(folder, *rows, heading=HEADING):
    text = "\n".join([heading, *rows]) + "\n"
    (folder / "efforts.csv").write_text(text, encoding="utf-8")
    return read_efforts(read_site(folder))


def test_a_site_without_the_table_says_nothing_of_help(folder):
    assert read_efforts(read_site(folder)) is None


def test_efforts_stand_in_the_order_of_their_start(folder):
    efforts = help_some(
        folder,
        "case-00002;mentor;2024-06-01;;Fønix",
        "case-00001;course;2024-05-01;2024-05-31;",
        "case-00001;mentor;30-02-2024;;",
    )
    assert efforts.table["case_id"].tolist() == ["case-00001", "case-00002"]
    assert efforts.cases == {"case-00001", "case-00002"}
    (aside,) = (n for n in efforts.notes if "set aside" in n)
    assert aside.startswith("efforts.csv: 1 rows set aside (start_date")


def test_help_is_under_way_until_the_day_after_its_last_and_where_nobody_says(folder):
    efforts = help_some(
        folder,
        "case-00001;course;2024-05-01;2024-06-02;",
        "case-00002;course;2024-05-01;2024-06-03;",
        "case-00003;mentor;2024-05-01;;",
        "case-00004;mentor;2024-07-01;;",
        "case-00001;talk;2024-05-02;2024-05-02;",
    )
    assert efforts.find_under_way(date(2024, 6, 3)) == {
        *("case-00002", "case-00003", "case-00004")
    }
    empty = help_some(folder)
    assert empty.find_under_way(date(2024, 6, 3)) == set()


def test_a_table_may_stand_elsewhere_under_other_names(folder):
    (folder / "help").mkdir()
    rows = "sag;indsats;fra\ncase-00001;mentor;2024-05-01\n"
    (folder / "help/given.csv").write_text(rows)
    text = (folder / "site.toml").read_text()
    stated = 'columns = { sag = "case_id", indsats = "kind", fra = "start_date" }'
    more = f'[files.efforts]\npath = "help/given.csv"\n{stated}\n'
    (folder / "site.toml").write_text(text + more)
    assert read_efforts(read_site(folder)).cases == {"case-00001"}


def test_cases_that_are_not_the_target_s_are_told_and_few_are_not_counted(folder):
    ids = [f"case-{n:05d}" for n in range(12)]
    efforts = help_some(folder, *(f"{case};mentor;2024-05-01;;" for case in ids))

    def tell(asked):
        return efforts.describe_join(asked, what="the cases at T0")

    assert tell(ids) == ""
    assert tell(ids[:6]).startswith("6 of 12 cases of efforts.csv")
    assert "(50.0%)" in tell(ids[:6])
    assert tell(ids[:9]).startswith("fewer than 5 of 12 cases")
    assert "%" not in tell(ids[:9])
    assert "of the 12 cases" in tell(["x"])
    assert "[keys] in site.toml" in tell(["x"])
    few = help_some(folder, "case-00001;mentor;2024-05-01;;")
    said = few.describe_join([], what="the cases")
    assert said.startswith("efforts.csv: fewer than 5 cases")


def score(folder, out, model):
    delivered = deliver_from_site(read_site(folder), model)
    score_files(model, delivered, out=out, scored_at="2024-12-30T08:00:00")
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.slow
def test_scores_with_and_without_the_table_are_the_same_bit_by_bit(folder, tmp_path):
    model = small_site.model()
    without = score(folder, tmp_path / "without", model)
    ids = pd.read_csv(folder / "cases.csv", sep=";")["case_id"]
    help_some(folder, *(f"{case};mentor;2024-05-01;;" for case in ids[::2]))
    assert score(folder, tmp_path / "with", model) == without


def test_in_training_the_evaluation_alone_reads_them():
    """The label, the fits and the intake's thresholds must not name them.

    The cases of a landmark are built without any. How many of them had help by then is
    told; none of those is proposed again, so the shared threshold leaves them out.
    """
    rooms = Path(riskscreen.__file__).parent / "training"
    naming = {
        path.relative_to(rooms).as_posix()
        for path in rooms.rglob("*.py")
        if "efforts" in path.read_text("utf-8")
    }
    modules = ("beside", "dataset", "preparation")
    landmarks = {"landmarks.py", "studies/landmarks.py", "shipping_landmarks.py"}
    others = {"studies/help.py", *landmarks}
    assert naming == {*(f"data/{name}.py" for name in modules), *others}
