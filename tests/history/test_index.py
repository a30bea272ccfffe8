from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.history.index import ALWAYS_KNOWN
from riskscreen.timeline import OPEN_END
from tests.draws import draws
from tests.histories import index_table

GROUPS = ("book", "flex", "ill")
PERSONS = pd.Index(["c", "a", "b"])


def spells(*rows):
    """Spells of (person, group, start day, end day or None)."""
    names = ["person_id", "group", "start_date", "end_date"]
    table = pd.DataFrame(rows, columns=names).astype({"person_id": "str"})
    for name in names[2:]:
        table[name] = pd.to_datetime(table[name].astype("float64"), unit="D")
    return table


def rows_of(made):
    """What stands in an index, person by person."""
    return [
        [
            (int(made.start[i]), GROUPS[made.group[i]], int(made.end[i]))
            for i in range(made.offsets[n], made.offsets[n + 1])
        ]
        for n in range(len(made.offsets) - 1)
    ]


row = st.tuples(st.sampled_from("abcd"), st.sampled_from(GROUPS), st.integers(-50, 50))


@pytest.mark.slow
@settings(max_examples=draws(60))
@given(st.lists(row, max_size=20))
def test_spells_stand_by_person_start_and_group_whatever_their_order(drawn):
    table = spells(*[(*r, r[2] + 1) for r in drawn])
    plain = [
        sorted((start, group, start + 1) for p, group, start in drawn if p == person)
        for person in PERSONS
    ]
    assert rows_of(index_table(table, PERSONS, groups=GROUPS)) == plain


def test_an_end_does_not_count_in_the_order():
    """It may lie in the future of a case, which must not change what is computed."""
    table = spells(("a", "ill", 5, 90), ("a", "ill", 5, 9), ("a", "ill", 5, None))
    ends = index_table(table, PERSONS, groups=GROUPS).end.tolist()
    assert ends == [90, 9, OPEN_END]


def test_a_person_without_a_row_has_no_spells():
    made = index_table(spells(("a", "ill", 5, 6)), PERSONS, groups=GROUPS)
    assert rows_of(made) == [[], [(5, "ill", 6)], []]


def test_a_registration_that_is_not_given_is_known_since_ever():
    table = spells(("a", "ill", 5, 6), ("a", "book", 7, 8))
    assert index_table(table, PERSONS, groups=GROUPS).registered is None
    stamped = table.assign(registered_on=pd.to_datetime(["1970-01-11", None]))
    made = index_table(stamped, PERSONS, groups=GROUPS)
    assert made.registered.tolist() == [10, ALWAYS_KNOWN]


def test_a_kernel_reads_no_registration_as_an_empty_array():
    made = index_table(spells(("a", "ill", 5, 6)), PERSONS, groups=GROUPS)
    assert made.arrays.registered.dtype == np.int32
    assert len(made.arrays.registered) == 0


def test_a_person_is_found_again_whoever_was_asked_for_before():
    index = index_table(spells(("a", "ill", 1, 2)), PERSONS, groups=GROUPS)
    for asked in (["b", "c"], ["b", "c"], ["c", "b"], ["a"], ["b", "c"]):
        place = index.locate(pd.Series(asked, dtype="str"))
        assert place.tolist() == ["cab".index(person) for person in asked]
    other = replace(index, persons=pd.Index(["b", "a", "c"], dtype="str"))
    assert other.locate(pd.Series(["b", "c"], dtype="str")).tolist() == [0, 2]
    alone = index_table(spells(("a", "ill", 1, 2)), pd.Index(["a"]), groups=GROUPS)
    assert alone.locate(pd.Series(["a", "a"], dtype="str")).tolist() == [0, 0]
    for stranger in (index, alone):
        with pytest.raises(AssertionError):
            stranger.locate(pd.Series(["a", "d"], dtype="str"))
