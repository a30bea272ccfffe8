"""What is no regular file is refused at once, whoever asks for it."""

import os
import socket
from pathlib import Path

import pytest

from riskscreen.errors import FileError
from riskscreen.folders.mark import MARK, read_mark
from riskscreen.hand_written import UnreadableError, read_text, read_toml
from riskscreen.plain_files import (
    NotPlainError,
    TooLargeError,
    open_plain,
    read_plain,
)
from riskscreen.pseudonyms import read_key
from riskscreen.readers import read_table
from riskscreen.readers.site import read_site
from riskscreen.rules.code_groups import read_code_table
from riskscreen.rules.deadline_rules import read_site_rules


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_file_is_opened_and_read_whole(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with open_plain(path) as opened:
        assert opened.read(3) == b"con"
    assert read_plain(path) == b"content"


def test_nothing_else_is_waited_for(tmp_path, pipe):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        (tmp_path / "link").symlink_to(pipe)
        for name in ("pipe", "link", "."):
            with pytest.raises(NotPlainError):
                open_plain(tmp_path / name)
        with pytest.raises(OSError, match="socket"):
            open_plain(tmp_path / "socket")
    with pytest.raises(NotPlainError):
        open_plain(Path("/dev/zero"))
    with pytest.raises(FileNotFoundError):
        open_plain(tmp_path / "nowhere")


def test_a_file_that_people_write_has_a_largest_size(tmp_path):
    path = tmp_path / "site.toml"
    path.write_bytes(b"#" * 11)
    with pytest.raises(TooLargeError):
        read_plain(path, most=10)
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(UnreadableError, match="too large"):
        read_toml(path)


@pytest.mark.parametrize(
    "read",
    [
        read_table,
        read_code_table,
        lambda pipe: read_site_rules(pipe.rename(pipe.parent / "deadlines.csv").parent),
        lambda pipe: read_key(pipe, apart_from=()),
    ],
)
def test_a_named_pipe_is_no_table_and_no_key(pipe, read):
    with pytest.raises(FileError):
        read(pipe)


def test_a_named_pipe_is_no_text_no_mark_and_no_site(tmp_path, pipe):
    with pytest.raises(UnreadableError, match="no file"):
        read_text(pipe)
    pipe.rename(tmp_path / MARK)
    assert read_mark(tmp_path) is None
    (tmp_path / MARK).rename(tmp_path / "site.toml")
    with pytest.raises(FileError):
        read_site(tmp_path, environment={})


def test_toml_that_is_nested_without_end_is_refused(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text("a = " + "[" * 100_000)
    with pytest.raises(UnreadableError, match="nested too deeply"):
        read_toml(path)
