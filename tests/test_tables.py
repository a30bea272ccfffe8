import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.tables import file_fingerprint, fingerprint, staged, write_json


def test_a_finished_folder_takes_its_name_and_is_private(tmp_path):
    with staged(tmp_path / "out") as part:
        (part / "a.txt").write_text("a")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out/a.txt").read_text() == "a"
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_a_failed_run_leaves_nothing_and_keeps_what_stood(tmp_path):
    with staged(tmp_path / "out") as part:
        (part / "a.txt").write_text("old")

    def fail_halfway():
        with staged(tmp_path / "out") as part:
            (part / "a.txt").write_text("new, half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/a.txt").read_text() == "old"


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    (tmp_path / ".out.abc.part").mkdir()
    with staged(tmp_path / "out"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_run_killed_between_its_renames_loses_nothing(tmp_path):
    (tmp_path / ".out.abc.part/old").mkdir(parents=True)
    (tmp_path / ".out.abc.part/old/a.txt").write_text("old")

    def fail():
        with staged(tmp_path / "out"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (tmp_path / "out/a.txt").read_text() == "old"


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(FileError, match="is a file"), staged(tmp_path / "out"):
        pass


def test_a_fingerprint_follows_values_and_names_and_order():
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    same = fingerprint(table.copy())
    assert fingerprint(table) == same
    assert fingerprint(table.rename(columns={"a": "c"})) != same
    assert fingerprint(table.iloc[::-1]) != same
    assert fingerprint(table.assign(a=[1, 3])) != same


def test_json_is_written_sorted_and_hashes_the_same(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ø"})
    write_json(tmp_path / "b.json", {"a": "ø", "b": 1})
    assert file_fingerprint(tmp_path / "a.json") == file_fingerprint(
        tmp_path / "b.json"
    )
    assert "ø" in (tmp_path / "a.json").read_text("utf-8")


def test_a_folder_of_many_files_stands_whole(tmp_path):
    with staged(tmp_path / "out") as folder:
        for number in range(200):
            (folder / f"{number}.txt").write_text(str(number))
    assert len(list((tmp_path / "out").iterdir())) == 200
