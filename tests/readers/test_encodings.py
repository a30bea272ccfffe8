import pytest

from riskscreen.readers.encodings import look_up_encoding


def test_encodings_are_those_that_files_have():
    assert look_up_encoding("latin-1") == "iso8859-1"
    assert look_up_encoding("CP865") == "cp865"
    for odd in ("klingon", "base64", "idna", "unicode_escape", "undefined"):
        with pytest.raises(LookupError):
            look_up_encoding(odd)
