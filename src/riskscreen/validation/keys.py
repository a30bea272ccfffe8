"""Identifiers, made alike in every table where no other identifier can be meant.

Two programs write one identifier differently: blanks around it, an invisible character
in it, letters composed or not, braces around a GUID, a whole number with decimals. Such
spellings are one key. What may hide another key stays as it stands: leading zeros, the
case of letters, a number that a program has rounded. Those are faults of the row where
they can be seen, and otherwise found when two tables do not meet (joins.py).
"""

import re
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.array_tables import Mask, take_cells
from riskscreen.text_arrays import build_texts, wrap_texts
from riskscreen.validation.cells import (
    FEW,
    Column,
    is_object,
    list_texts,
    normalise_letters,
    to_floats,
    to_texts,
)
from riskscreen.validation.checking import RowErrors
from riskscreen.validation.decimals import has_mark
from riskscreen.validation.parsing import ParsedColumn, build_column

ROUNDED = "a number that a program has rounded; deliver it as text"
OTHER_FORM = "not in the form that [keys] in site.toml says"

EXACT_BELOW = 1 << 53
"""A 64-bit float holds every whole number below this, and not every one above."""

_GUID = r"^[{(]?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}[)}]?$"
# 1.000 may be a thousand, so three zeros after at most three digits stay as they are.
_WITH_DECIMALS = r"^([1-9][0-9]{0,15}|0)[.,](0|00|0000+)$"
_LONG_WITH_THREE = r"^[1-9][0-9]{3,15}[.,]000$"
_IN_POWERS_OF_TEN = r"^[+-]?[0-9]+([.,][0-9]+[eE][+-]?|[eE]\+)[0-9]+$"
_MUNICIPALITY = r"^0?([1-9][0-9]{2})$"

_PLAIN = re.compile(r"[A-Za-z0-9_]*(-[A-Za-z0-9_]*){0,2}", re.ASCII)
"""Few keys like this are themselves: none is in braces, composed or has decimals."""

_TEXT = pa.large_string()
_NOTHING = pa.scalar(None, _TEXT)


def read_keys(
    column: Column, *, pattern: re.Pattern[str] | None = None
) -> ParsedColumn:
    """Read the identifiers of *column*; only a blank is missing: a team may be "NA".

    ``wrong`` are numbers that a program has rounded: floats that are no whole number
    below EXACT_BELOW, and texts in powers of ten such as ``1,00000E+12``. With
    *pattern* whatever does not match it as a whole is wrong too.
    """
    cells = take_cells(column)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    wrong = _find_rounded(cells)
    if len(cells) <= FEW:
        trimmed = [(text or "").strip() or None for text in list_texts(cells)]
        if all(text is None or _PLAIN.fullmatch(text) for text in trimmed):
            kept, wrong = _keep_plain(trimmed, wrong, pattern)
            return build_column(column, kept, wrong=wrong)
    texts = normalise_keys(to_texts(cells))
    blank = pc.equal(texts, pa.scalar("", _TEXT))
    texts = pc.if_else(pc.fill_null(blank, fill_value=True), _NOTHING, texts)
    if has_mark(texts, b".,+"):
        powers = pc.match_substring_regex(texts, _IN_POWERS_OF_TEN)
        wrong |= pc.fill_null(powers, fill_value=False).to_numpy(zero_copy_only=False)
    if pattern is not None:
        wrong |= ~_match(texts, pattern)
    texts = pc.if_else(pa.array(wrong), _NOTHING, texts)
    return build_column(column, texts, wrong=wrong)


def _keep_plain(
    texts: list[str | None], rounded: Mask, pattern: re.Pattern[str] | None
) -> tuple[Any, Mask]:
    """Return few identifiers that stand already as they are kept, and the faulty."""
    wrong = rounded.copy()
    for place, text in enumerate(texts):
        if pattern is not None and text is not None:
            wrong[place] |= pattern.fullmatch(text) is None
    kept = [None if broken else text for text, broken in zip(texts, wrong, strict=True)]
    return build_texts(kept), wrong


def check_keys(
    name: str, errors: RowErrors, *, pattern: re.Pattern[str] | None
) -> ParsedColumn:
    """Return the identifiers of the column *name*; faulty and missing are marked."""
    rule = ROUNDED if pattern is None else OTHER_FORM
    parsed = read_keys(errors.columns[name], pattern=pattern)
    errors.check_cells(parsed, column=name, rule=rule, required=True)
    return parsed


def read_municipalities(column: Column) -> ParsedColumn:
    """Return identifiers of municipalities; a Danish code has its four digits again.

    >>> read_municipalities(pd.Series(["461", "0461 ", "M6"])).values.tolist()
    ['0461', '0461', 'M6']
    """
    keys = read_keys(column)
    texts = to_texts(keys.cells)
    if len(texts) <= FEW and not any(map(_is_code, texts.to_pylist())):
        return keys
    full = pc.replace_substring_regex(texts, _MUNICIPALITY, r"0\1")
    return replace(keys, cells=wrap_texts(full))


def _is_code(key: object) -> bool:
    return isinstance(key, str) and re.match(_MUNICIPALITY, key) is not None


def normalise_keys(texts: pa.Array) -> pa.Array:
    """Remove blanks, format characters, braces and decimals; compose letters (NFC).

    >>> normalise_keys(pa.array([" S1\u200b ", "42.0", "{0A0A0A0A-...}"])).to_pylist()
    ['S1', '42', '{0A0A0A0A-...}']
    """
    texts = pc.utf8_trim_whitespace(normalise_letters(texts.cast(_TEXT)))
    if not has_mark(texts, b"-.,"):
        return texts
    guids = pc.match_substring_regex(texts, _GUID)
    if pc.any(guids).as_py():
        bare = pc.utf8_lower(pc.utf8_trim(texts, characters="{}()"))
        texts = pc.if_else(pc.fill_null(guids, fill_value=False), bare, texts)
    for form in (_WITH_DECIMALS, _LONG_WITH_THREE):
        matching = pc.match_substring_regex(texts, form)
        if pc.any(matching).as_py():
            whole = pc.replace_substring_regex(texts, r"[.,]0+$", "")
            numbers = pc.if_else(
                pc.fill_null(matching, fill_value=False), whole, _NOTHING
            )
            exact = pc.less(pc.cast(numbers, pa.int64()), EXACT_BELOW)
            texts = pc.if_else(pc.fill_null(exact, fill_value=False), whole, texts)
    return texts


def _match(texts: pa.Array, pattern: re.Pattern[str]) -> Mask:
    """Find where a text matches *pattern* as a whole; a missing one breaks none."""
    encoded = pc.dictionary_encode(texts)
    fits = [
        pattern.fullmatch(text) is not None for text in encoded.dictionary.to_pylist()
    ]
    at = encoded.indices.fill_null(len(fits)).to_numpy(zero_copy_only=False)
    matching: Mask = np.array([*fits, True], dtype=bool)[at]
    return matching


def _find_rounded(cells: Any) -> Mask:
    """Return where a cell is a float that is not exactly the number it was made of."""
    kind = cells.dtype
    if isinstance(kind, pd.StringDtype):
        return np.zeros(len(cells), dtype=bool)
    if pd.api.types.is_float_dtype(kind):
        numbers = to_floats(cells)
        exact = (numbers == np.floor(numbers)) & (np.abs(numbers) < EXACT_BELOW)
        return cast("Mask", ~exact & ~np.isnan(numbers))
    if not is_object(kind):
        return np.zeros(len(cells), dtype=bool)
    # What bytes mean depends on the program that wrote them.
    rounded = [
        isinstance(value, (bytes, bytearray, memoryview))
        or (
            isinstance(value, (float, np.floating))
            and not np.isnan(value)
            and not (float(value).is_integer() and abs(float(value)) < EXACT_BELOW)
        )
        for value in cells
    ]
    return np.array(rounded, dtype=bool)
