import pytest

from riskscreen.errors import FileError
from riskscreen.folders import turn_link


def test_a_link_is_turned_and_what_a_killed_run_left_is_no_hindrance(tmp_path):
    link = tmp_path / "latest"
    (tmp_path / ".latest.part").symlink_to("elsewhere")
    for name in ("monday", "tuesday"):
        (tmp_path / name).mkdir()
        turn_link(link, name, made_by="nightly")
        assert link.resolve() == (tmp_path / name).resolve()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["latest", "monday", "tuesday"]


def describe(path):
    """What tells whether it is the same thing still; reading it may move its atime."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_what_is_no_link_to_a_folder_beside_it_is_not_replaced(tmp_path, what):
    link = tmp_path / "latest"
    if what == "file":
        link.write_text("mine")
    elif what == "folder":
        link.mkdir()
    else:
        link.symlink_to(tmp_path / "mine")
    before = describe(link)
    with pytest.raises(FileError, match="latest"):
        turn_link(link, "monday", made_by="nightly")
    assert describe(link) == before
