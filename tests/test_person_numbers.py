from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import PersonalDataError
from riskscreen.folders import refuse_in_paths
from riskscreen.person_numbers import MASKED, holds_person_number, mask_person_numbers
from riskscreen.validation import personal_data
from tests.draws import draws


def marks(*cells):
    """Which cells are marked: alike among few, read one by one, and among many."""
    few = pd.Series(cells, dtype="str")
    others = pd.Series(["p0001"] * personal_data.FEW, dtype="str")
    many = pd.concat([few, others], ignore_index=True)
    found, sieved = map(personal_data.mark_person_numbers, (few, many))
    assert sieved.tolist() == [*found.tolist(), *[False] * len(others)]
    return found.tolist()


WRITTEN = [
    "070761-4285",
    "0707614285",
    "070761 4285",
    "ring til 0707614285.",
    "a_070761_4285_b",
    "070761  4285",
    "070761\u20134285",
    "070761\u22124285",
    "070761\u00a04285",
    "070761\u200b4285",
    "070761\u00ad-\u20604285",
    "070761\t4285",
    "07 07 61 4285",
    "07 07 61 42 85",
    "07.07.61-4285",
    "0 7 0 7 6 1 4 2 8 5",
    "070761.4285",
    "070761 - 4285",
    "070761/4285",
    "070761:4285",
    "(070761) 4285",
    "19610707-4285",
    "07-07-1961-4285",
    "1961-07-07-4285",
    "707614285",
    "70761-4285",
    "7-7-61-4285",
    "17.7.61 4285",
    "7/7 1961-4285",
    "707614285.0",
    "7,07614285E+08",
    "1.01E+9",
    "11E7",
    "\uff11\uff11E7",
    "\u246aE7",
    "707.614.285",
    "670761-4285",
    "6707614285",
    "070761-4AB5",
    "0707614ab5",
    "\uff10\uff17\uff10\uff17\uff16\uff11\uff0d\uff14\uff12\uff18\uff15",
    "\u0660\u0667\u0660\u0667\u0666\u0661\u0664\u0662\u0668\u0665",
    "1 070761-4285",
    "cpr:0707614285",
    "DK0707614285",
    "290200-4285",  # 2000 was a leap year
]
NONE = [
    "070761-xxxx",
    "070761",
    "10707614285",
    "07076142850707614285",
    "310461-4285",
    "290261-4285",
    "320190-1234",
    "011390-1234",
    "290200-1285",  # 1900 was none
    "07076112345",
    "tlf. 20 12 34 56",
    "+45 20 12 34 56",
    "20 12 34 56, 20 11 22 33",
    "2025-01-06 12:34:56",
    "2011-01-06 12:34",
    "2011-01-06 12:34:56.101701234",
    "2011-01-06-12.34.56.123456",
    "06-01-2025 12:34",
    "11-01-06 12:34",
    "202501061234",
    "20240307-0012",  # its fourth last digit says that it is of the last century
    "f3a0101701234b9c",
    "case-12",
    "12-1-2024 12:34",
    "1-2-2024",
    "32.1.61-4285",
    "",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_person_number_is_known_however_it_is_written(text):
    assert holds_person_number(text)
    assert marks(text, "p0001", None) == [True, False, False]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_day_or_no_number_is_none(text):
    assert not holds_person_number(text)
    assert marks(text) == [False]


@pytest.mark.slow
@settings(max_examples=draws(300))
@given(st.text(alphabet="0012349678 -./:aB_\u2013\u00ad\uff11\u0661eE+", max_size=22))
def test_the_sieve_lets_every_person_number_through(text):
    assert marks(text) == [holds_person_number(text)]


def test_a_path_that_holds_one_is_refused_and_not_shown():
    refuse_in_paths(Path("site/cases.csv"), None)
    with pytest.raises(PersonalDataError) as refused:
        refuse_in_paths(Path("site/070761-4285/cases.csv"))
    assert "4285" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("0707614285", MASKED),
        ("ring 070761-4285 eller 010190 1234.", f"ring {MASKED} eller {MASKED}."),
        ("/srv/７０７６１－4285/x", f"/srv/{MASKED}/x"),
        ("1,010190123E+8", MASKED),
        ("den 2024-01-06 12:34:56 og 17 rækker", None),
        ("½ år, 0461, A12", None),
    ],
)
def test_a_person_number_is_masked_where_it_stands_and_nothing_beside_it(text, masked):
    assert mask_person_numbers(text) == (text if masked is None else masked)
