import os

import pytest

from riskscreen.errors import FileError
from riskscreen.folders import check_can_place, place_files, stage_folder
from riskscreen.folders.mark import MARK


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_put_beside_others_and_replaced_by_the_same_command(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    for text in ("first", "second"):
        place_files(tmp_path, {"index.html": text, "a/b.svg": text}, made_by="card")
        assert (tmp_path / "index.html").read_text() == text
        assert (tmp_path / "a/b.svg").read_text() == text
    place_files(tmp_path, {"c.txt": "third"}, made_by="card")
    place_files(tmp_path, {"index.html": "third"}, made_by="card")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert names(tmp_path) == [MARK, "a", "c.txt", "index.html", "mine.txt"]


@pytest.mark.parametrize("what", ["file", "link", "folder"])
def test_what_stands_there_and_is_not_ours_is_refused(tmp_path, what):
    path = tmp_path / "index.html"
    if what == "file":
        path.write_text("mine")
    elif what == "link":
        path.symlink_to("elsewhere")
    else:
        path.mkdir()
    for act in (
        lambda: place_files(tmp_path, {"index.html": "x"}, made_by="card"),
        lambda: check_can_place(tmp_path, ["index.html"], made_by="card"),
    ):
        with pytest.raises(FileError, match=r"index\.html"):
            act()
    assert names(tmp_path) == ["index.html"]
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_of_another_command_gets_no_files(tmp_path):
    with stage_folder(tmp_path / "out", made_by="train"):
        pass
    with pytest.raises(FileError, match="written by `train`"):
        place_files(tmp_path / "out", {"a.txt": "x"}, made_by="card")


def test_looking_first_makes_no_folder(tmp_path):
    check_can_place(tmp_path / "deep/cards", ["a.md"], made_by="card")
    assert names(tmp_path) == []


def test_files_known_by_their_content_need_no_mark(tmp_path):
    def is_ours(path):
        return path.read_text().startswith("ours")

    for text in ("ours 1", "ours 2"):
        place_files(tmp_path, {"a": text}, made_by="manifest", is_ours=is_ours)
    assert (tmp_path / "a").read_text() == "ours 2"
    assert names(tmp_path) == ["a"]
    (tmp_path / "a").write_text("theirs")
    with pytest.raises(FileError):
        place_files(tmp_path, {"a": "ours"}, made_by="manifest", is_ours=is_ours)


def test_what_a_killed_run_left_is_cleaned_by_the_next(tmp_path):
    pid = os.fork()
    if not pid:
        look = {"a.txt": "x"}
        from riskscreen.folders import files  # noqa: PLC0415

        files.flush = lambda _: os._exit(9)
        place_files(tmp_path, look, made_by="card")
    os.waitpid(pid, 0)
    assert len(names(tmp_path)) == 2
    place_files(tmp_path, {"a.txt": "y"}, made_by="card")
    assert names(tmp_path) == [MARK, "a.txt"]
