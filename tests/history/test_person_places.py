import pandas as pd
import pytest

from riskscreen.history.person_places import PersonPlaces, _fill_slots, _find_places
from riskscreen.text_arrays import TEXT, locate_texts

PERSONS = pd.Index(["a", "", "Ærø", "ab", *(f"p{n}" for n in range(1000))], dtype=TEXT)
ASKED = pd.Series(["p7", "x", None, "", "Ærø", "b", "ab", "p7"], dtype=TEXT)


@pytest.mark.parametrize("persons", [PERSONS, PERSONS[3:], PERSONS[:1], PERSONS[:0]])
@pytest.mark.parametrize("asked", [ASKED, ASKED[2:], ASKED[2:3], ASKED[:0]])
def test_places_are_those_of_arrow(persons, asked):
    places = PersonPlaces(persons)
    for texts in (asked, asked.array):
        assert places.locate(texts).tolist() == locate_texts(texts, persons).tolist()


def test_kernels_and_their_plain_python_agree(monkeypatch):
    compiled = PersonPlaces(PERSONS).locate(ASKED).tolist()
    for kernel in (_fill_slots, _find_places):
        monkeypatch.setitem(
            PersonPlaces.__init__.__globals__, kernel.__name__, kernel.py_func
        )
    assert PersonPlaces(PERSONS).locate(ASKED).tolist() == compiled
    assert compiled[:5] == [11, -1, -1, 1, 2]
