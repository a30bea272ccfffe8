import hashlib

import pytest

from riskscreen.errors import FileError
from riskscreen.readers.manifest import (
    MANIFEST,
    compare_with_manifest,
    verify_manifest,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "history.csv").write_bytes(b"a;b\n1;2\n")
    (tmp_path / "target" / "cases.csv").write_bytes(b"a;b\n3;4\n")
    (tmp_path / ".hidden").write_bytes(b"not a part of the delivery")
    return tmp_path


def test_an_unchanged_folder_is_verified(folder):
    write_manifest(folder)
    assert verify_manifest(folder) == 2


def test_the_manifest_is_in_the_form_of_sha256sum(folder):
    lines = write_manifest(folder).read_text("utf-8").splitlines()
    digest = hashlib.sha256(b"a;b\n1;2\n").hexdigest()
    assert lines[0] == f"{digest}  history.csv"
    assert lines[1].endswith("  target/cases.csv")


def test_one_changed_byte_a_missing_and_an_added_file_are_named(folder):
    write_manifest(folder)
    (folder / "history.csv").write_bytes(b"a;b\n1;3\n")
    (folder / "target" / "cases.csv").unlink()
    (folder / "new.csv").write_bytes(b"")
    changes = compare_with_manifest(folder)
    assert changes.changed == ("history.csv",)
    assert changes.missing == ("target/cases.csv",)
    assert changes.added == ("new.csv",)
    with pytest.raises(FileError, match=r"changed: history\.csv; missing: target/"):
        verify_manifest(folder)


def test_a_manifest_written_again_accepts_the_change(folder):
    write_manifest(folder)
    (folder / "history.csv").write_bytes(b"changed and meant")
    write_manifest(folder)
    assert verify_manifest(folder) == 2


@pytest.mark.parametrize("content", [None, b"", b"not a manifest\n", b"\xff\xfe\xfa"])
def test_a_missing_or_broken_manifest_is_a_file_error(folder, content):
    if content is not None:
        (folder / MANIFEST).write_bytes(content)
    with pytest.raises(FileError, match="manifest"):
        verify_manifest(folder)


def test_a_file_called_so_that_is_no_manifest_is_not_replaced(folder):
    (folder / MANIFEST).write_text("notes of somebody", "utf-8")
    with pytest.raises(FileError, match="is not a file that"):
        write_manifest(folder)
    assert (folder / MANIFEST).read_text("utf-8") == "notes of somebody"


def test_a_folder_without_files_or_that_is_none_is_refused(tmp_path):
    with pytest.raises(FileError, match="no files"):
        write_manifest(tmp_path)
    with pytest.raises(FileError, match="no such folder"):
        write_manifest(tmp_path / "none")
