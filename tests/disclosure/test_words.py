import copy
import csv
from importlib.resources import files

import pytest

from riskscreen.disclosure.words import find_leak, mask_content, mask_words
from riskscreen.errors import FileError


def test_a_leak_is_told_with_its_reason():
    barred = files("riskscreen").joinpath("data/leaks.csv").read_text("utf-8")
    first, *_ = csv.DictReader(barred.splitlines())
    assert first["pattern"].startswith("raskmeld")
    assert find_leak("Raskmelding_dato") == first["why"]
    assert find_leak("seniority_years") is None


SECRETS = [
    "postgresql+psycopg://ada:HEMMELIG@db/register",
    "postgresql://ada:p@HEMMELIG@db/register#SELECT 1",
    "postgresql://db/register?password=HEMMELIG",
    "postgresql://db/register?sslmode=require&sslpassword=HEMMELIG&x=1",
    "postgresql://db/register?user=ada&password=a@HEMMELIG",
    "postgresql://ada:a?HEMMELIG@db/register",
    "https://mlflow.example/?access_token=HEMMELIG and more",
    "mssql://?odbc_connect=DRIVER%3DX%3BPWD%3DHEMMELIG",
    "host=db password=HEMMELIG user=ada",
    "host=db password='a HEMMELIG b' user=ada",
    "Driver={X};Pwd={HEMMELIG};Uid=ada",
    "AZURE_SAS_TOKEN = HEMMELIG",
    "api-key=HEMMELIG",
]


@pytest.mark.parametrize("words", SECRETS)
def test_what_opens_a_database_is_masked_in_every_word_that_leaves(words):
    assert "HEMMELIG" not in mask_words(f"{words}: did not answer")
    assert "did not answer" in mask_words(f"{words}: did not answer")
    assert "HEMMELIG" not in str(FileError(words))


def test_words_without_secrets_or_person_numbers_stay_as_they_are():
    for words in (
        "sqlite:////srv/mlflow.db did not answer",
        "2024-01-06 10:11:12: 4123 cases came in, 12 of them set aside",
        "long_absence: version ab0101904123 is approved",
        "state the form under [keys] in site.toml",
        "line one\n  1\n  2\n",
    ):
        assert mask_words(words) == words


def test_an_error_and_a_record_hold_no_person_number():
    error = FileError("in /srv/070761-4285/cases.csv")
    assert str(error) == "in /srv/(person number)/cases.csv"
    assert str(copy.copy(error)) == str(error)
    record = {"note": ["0707614285", 3, None], "0707614285": True}
    assert "0707614285" not in str(mask_content(record))
    assert mask_content(record)["note"][1:] == [3, None]
