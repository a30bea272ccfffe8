"""Where each of some persons stands: hashed once, and asked of part after part."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from riskscreen.array_tables import take_cells
from riskscreen.jit import compile_kernel

_FNV_BEGIN, _FNV_FACTOR = 2166136261, 16777619
_EMPTY = -1

_Numbers = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]


class PersonPlaces:
    """The places of *persons*, of whom each stands there once.

    Arrow hashes all of them anew for each part of a file that is asked for; of a
    million that took longer than all that is done with a part. pandas makes an object
    of Python of each, and of each cell of every part. Texts of equal hashes are told
    apart by their bytes and cost time alone: nobody chooses a site's pseudonyms so that
    there are many.
    """

    def __init__(self, persons: "pd.Index[str]") -> None:
        self._data, self._ends = _read_bytes(_to_arrow(persons))
        # At most half of it is full, so that who is not there is soon known not to be.
        self._slots = np.full(2 << len(persons).bit_length(), _EMPTY, dtype=np.int32)
        _fill_slots(self._data, self._ends, self._slots)

    def locate(self, texts: Any) -> _Numbers:
        """Return the place of each of *texts*, -1 of one that is not there."""
        cells = _to_arrow(texts)
        found = np.empty(len(cells), dtype=np.int64)
        data, ends = _read_bytes(cells)
        _find_places(found, data, ends, self._data, self._ends, self._slots)
        if cells.null_count:
            found[np.asarray(cells.is_null())] = _EMPTY
        return found


def _to_arrow(texts: Any) -> pa.Array:
    cells = texts.array if isinstance(texts, pd.Index) else take_cells(texts)
    made = pa.array(cells, type=pa.large_string())
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _read_bytes(texts: pa.Array) -> tuple[_Bytes, _Numbers]:
    """Return the bytes of all *texts*, and where each begins and the last one ends."""
    if not len(texts):
        data, ends = np.zeros(1, np.uint8), np.zeros(1, np.int64)
    else:
        _, where, what = texts.buffers()
        ends = np.frombuffer(where, np.int64, len(texts) + 1, 8 * texts.offset)
        data = np.frombuffer(what if what and what.size else b"\0", np.uint8)
    for array in (data, ends):
        array.flags.writeable = False  # the kernels are compiled for one kind
    return data, ends


@compile_kernel
def _hash(data: _Bytes, begin: int, end: int) -> int:
    """Return the hash FNV-1a, 32 bits."""
    code = _FNV_BEGIN
    for place in range(begin, end):
        code = ((code ^ int(data[place])) * _FNV_FACTOR) & 0xFFFFFFFF
    return code


@compile_kernel
def _fill_slots(data: _Bytes, ends: _Numbers, slots: npt.NDArray[np.int32]) -> None:
    last = len(slots) - 1
    for person in range(len(ends) - 1):
        slot = _hash(data, ends[person], ends[person + 1]) & last
        while slots[slot] != _EMPTY:
            slot = (slot + 1) & last
        slots[slot] = person


@compile_kernel
def _find_places(
    found: _Numbers,
    data: _Bytes,
    ends: _Numbers,
    known: _Bytes,
    known_ends: _Numbers,
    slots: npt.NDArray[np.int32],
) -> None:
    last = len(slots) - 1
    for text in range(len(found)):
        begin, end = ends[text], ends[text + 1]
        slot = _hash(data, begin, end) & last
        while slots[slot] != _EMPTY:
            start = known_ends[slots[slot]]
            same = known_ends[slots[slot] + 1] - start == end - begin
            place = 0
            while same and place < end - begin:
                same = data[begin + place] == known[start + place]
                place += 1
            if same:
                break
            slot = (slot + 1) & last
        found[text] = slots[slot]
