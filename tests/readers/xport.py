"""A writer of SAS transport files (version 5), small enough to be read beside them."""

import math
import struct

STAMP = b"01JAN24:00:00:00"


def _record(text):
    return text.ljust(80).encode("ascii")


def _header(kind, rest="0" * 30):
    return _record(f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{rest}")


def _ibm(value):
    """A number as IBM's hexadecimal floating point, SAS's missing as its dot."""
    if math.isnan(value):
        return b"." + bytes(7)
    if value == 0:
        return bytes(8)
    sign, value, power = (0x80, -value, 64) if value < 0 else (0, value, 64)
    while value >= 1:
        value, power = value / 16, power + 1
    while value < 1 / 16:
        value, power = value * 16, power - 1
    return bytes([sign | power]) + int(value * 2**56).to_bytes(7, "big")


def _namestr(number, name, width, shape, position):
    kind = 2 if width else 1
    return struct.pack(
        ">hhhh8s40s8shhh2s8shhl52s",
        *(kind, 0, width or 8, number),
        *(name.ljust(8).encode(), b" " * 40, shape.ljust(8).encode()),
        *(0, 0, 0, b"", b" " * 8, 0, 0, position, b""),
    )


def _padded(content):
    return content + b" " * (-len(content) % 80)


def xport(columns, rows, *, encoding="ascii"):
    """The bytes of a transport file.

    *columns* are (name, width, format) with width 0 for numbers; a format such as DATE
    says that the number is a day since 1960.
    """
    names, position = b"", 0
    for number, (name, width, shape) in enumerate(columns, start=1):
        names += _namestr(number, name, width, shape, position)
        position += width or 8
    data = b"".join(
        value.encode(encoding).ljust(width) if width else _ibm(value)
        for row in rows
        for value, (_, width, _) in zip(row, columns, strict=True)
    )
    member = b"SAS     CASES   SASDATA 9.4     LINUX   " + b" " * 24 + STAMP
    return b"".join(
        [
            _header("LIBRARY"),
            b"SAS     SAS     SASLIB  9.4     LINUX   " + b" " * 24 + STAMP,
            STAMP.ljust(80),
            _header("MEMBER", "000000000000000001600000000140"),
            _header("DSCRPTR"),
            member,
            STAMP.ljust(80),
            _header("NAMESTR", f"000000{len(columns):04d}" + "0" * 20),
            _padded(names),
            _header("OBS"),
            _padded(data),
        ]
    )
