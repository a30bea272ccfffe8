import json

import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.folders import stage_folder
from riskscreen.folders.mark import read_mark
from riskscreen.store.marked_folders import erase_in_folders


@pytest.fixture
def root(tmp_path):
    """A run and its pages, and a file beside them that is not ours."""
    scores = pd.DataFrame(
        {"case_id": ["S1", "S12", "S3"], "later_proposal": [None, "S1", None]}
    )
    with stage_folder(tmp_path / "night" / "scores", made_by="score") as folder:
        scores.to_parquet(folder / "scores.parquet", index=False)
        scores.to_csv(folder / "scores.csv", index=False)
        text = scores.to_csv(index=False, sep=";")
        (folder / "excel.csv").write_text(text, encoding="utf-8-sig")
    with stage_folder(tmp_path / "pages", made_by="report") as folder:
        (folder / "cases").mkdir()
        (folder / "cases" / "1.html").write_text("<h1>S1</h1>")
        (folder / "cases" / "2.html").write_text("<h1>S12</h1>")
        (folder / "team-001.html").write_text("<td>S12</td><td>S1</td>")
        (folder / "index.html").write_text("<p>3 cases</p>")
    (tmp_path / "notes.txt").write_text("S1 is not ours")
    return tmp_path


def test_a_case_is_gone_from_every_folder_of_ours_and_the_others_stay(root):
    found = erase_in_folders([root], {"S1"})
    assert (found.folders, found.changed, found.removed) == (2, 3, 2)
    run = root / "night" / "scores"
    table = pd.read_parquet(run / "scores.parquet")
    assert table["case_id"].tolist() == ["S12", "S3"]
    assert table["later_proposal"].isna().all()
    assert (run / "scores.csv").read_text() == "case_id,later_proposal\nS12,\nS3,\n"
    assert pd.read_csv(run / "excel.csv", sep=";")["case_id"].tolist() == ["S12", "S3"]
    pages = root / "pages"
    left = {p.relative_to(pages).as_posix() for p in pages.rglob("*.html")}
    assert left == {"cases/2.html", "index.html"}
    mark = read_mark(pages)
    assert mark.entries == {"cases", "cases/2.html", "index.html"}
    assert (root / "notes.txt").exists()


def test_a_name_that_pages_escape_is_found(tmp_path):
    with stage_folder(tmp_path / "pages", made_by="report") as folder:
        (folder / "1.html").write_text("<h1>A&amp;B</h1>")
    assert erase_in_folders([tmp_path], {"A&B"}).removed == 1


def test_what_cannot_be_read_stops_the_erasure_and_is_named(tmp_path):
    with stage_folder(tmp_path / "run", made_by="score") as folder:
        (folder / "scores.parquet").write_text("no parquet")
    with pytest.raises(FileError, match=r"scores\.parquet: cannot be read"):
        erase_in_folders([tmp_path], {"S1"})
    with pytest.raises(FileError, match="no such folder"):
        erase_in_folders([tmp_path / "none"], {"S1"})


def test_a_folder_of_a_killed_run_is_looked_through_whole(tmp_path):
    (tmp_path / ".out.1.part").mkdir()
    mark = {"format": 1, "made_by": "score", "finished": False, "entries": []}
    (tmp_path / ".out.1.part" / ".riskscreen.json").write_text(json.dumps(mark))
    (tmp_path / ".out.1.part" / "page.html").write_text("S1")
    assert erase_in_folders([tmp_path], {"S1"}).removed == 1
