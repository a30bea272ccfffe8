import struct

import pytest
from pandas.io.sas.sas_constants import magic

from riskscreen.errors import FileError
from riskscreen.readers.sources import read_table
from tests.readers.xport import xport

_LARGEST = 2**31 - 1
_PAGE = 4096


def sas7bdat(*, rows=1, row_length=8, page=_PAGE, pages=1, header=1024):
    """A .sas7bdat header and one page, whose figures say what the test wants."""
    head = bytearray(1024)
    head[:32] = magic
    head[37], head[39], head[70] = 1, 0x31, 20
    struct.pack_into("<iii", head, 196, header, page, pages)
    body = bytearray(_PAGE)
    struct.pack_into("<hhh", body, 16, 0x200, 2, 2)
    struct.pack_into("<ii", body, 24, 1000, 400)
    struct.pack_into("<ii", body, 36, 2000, 40)
    struct.pack_into("<iii", body, 1000, -134744073, 0, 0)  # sizes of rows
    struct.pack_into("<ii", body, 1020, row_length, rows)
    struct.pack_into("<i", body, 1060, 1)
    struct.pack_into("<ii", body, 2000, -151587082, 0)  # sizes of columns: none
    return bytes(head + body)


def test_a_sas_file_that_states_more_rows_than_it_can_hold_is_refused(tmp_path):
    path = tmp_path / "cases.sas7bdat"
    path.write_bytes(sas7bdat(rows=_LARGEST))
    with pytest.raises(FileError, match=r"2,147,483,647 cells in 5,120 bytes"):
        read_table(path)


@pytest.mark.parametrize(
    "stated",
    [
        {"row_length": _LARGEST},
        {"row_length": -5},
        {"row_length": 0},
        {"page": _LARGEST},
        {"page": -1},
        {"page": 0},
        {"pages": _LARGEST},
        {"header": _LARGEST},
    ],
    ids=str,
)
def test_a_sas_header_that_lies_is_refused(tmp_path, stated):
    path = tmp_path / "cases.sas7bdat"
    path.write_bytes(sas7bdat(**stated))
    with pytest.raises(FileError):
        read_table(path)


@pytest.mark.slow
def test_a_transport_file_of_far_too_many_columns_is_refused(tmp_path):
    path = tmp_path / "cases.xpt"
    columns = [(f"C{n}", 0, "") for n in range(5_001)]
    path.write_bytes(xport(columns, [[1.0] * 5_001]))
    with pytest.raises(FileError, match="5,001 columns"):
        read_table(path)
