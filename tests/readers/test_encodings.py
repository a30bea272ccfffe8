import pytest

from riskscreen.readers.encodings import name_encoding


def test_encodings_are_those_that_files_have():
    assert name_encoding("latin-1") == "iso8859-1"
    assert name_encoding("CP865") == "cp865"
    for odd in ("klingon", "base64", "idna", "unicode_escape", "undefined"):
        with pytest.raises(LookupError):
            name_encoding(odd)
