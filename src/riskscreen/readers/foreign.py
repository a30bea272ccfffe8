"""Files of other programs, which are no tables that we read, called by their names."""

import codecs
from pathlib import Path

_BEGINNINGS = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x00\x01\x00\x00Standard": "an Access database",
    b"\x1f\x8b": "a gzip file",
    b"BZh91AY&SY": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"<stata_dta>": "a Stata file",
    b"$FL2": "an SPSS file",
    b"$FL3": "an SPSS file",
    b"RDX3\n": "an R file",
    b"RDX2\n": "an R file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"Obj\x01": "an Avro file",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3\x00": "an SQLite database, which sqlite:///PATH#SELECT ... reads",
    b"%PDF-": "a PDF file",
    b"HEADER RECORD*": "a SAS transport file, whose name must end in .xpt",
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc2\xea\x81\x60": (
        "a SAS file, whose name must end in .sas7bdat"
    ),
    b"<?xml": "an XML file",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b'{"': "a JSON file",
    b"[{": "a JSON file",
}
_NAMES = {
    ".dta": "a Stata file",
    ".sav": "an SPSS file",
    ".zsav": "an SPSS file",
    ".por": "an SPSS file",
    ".rds": "an R file",
    ".rdata": "an R file",
    ".jsonl": "a JSON file",
    ".ndjson": "a JSON file",
    ".json": "a JSON file",
    ".orc": "an ORC file",
    ".bz2": "a bzip2 file",
    ".xls": "an Excel file",
    ".xlsx": "an Excel file",
    ".ods": "a spreadsheet",
    ".mdb": "an Access database",
    ".accdb": "an Access database",
    ".pkl": "a pickle",
}


def describe_foreign_file(path: Path, begins: bytes) -> str | None:
    """Describe a file that is neither delimited text nor a table we read, or None.

    Its first bytes tell, else its name does.
    """
    text = begins.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for beginning, kind in _BEGINNINGS.items():
        if begins.startswith(beginning) or text.startswith(beginning):
            return kind
    return _NAMES.get(path.suffix.lower())
