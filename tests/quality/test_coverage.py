import re
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.quality.coverage import add_coverage, measure_coverage
from riskscreen.timeline import to_days
from tests.draws import draws

EXTRACTED = date(2021, 7, 1)


def spells(*rows):
    """(group, start, end) rows."""
    table = pd.DataFrame(rows, columns=["group", "start_date", "end_date"])
    return table.assign(
        start_date=pd.to_datetime(table["start_date"]),
        end_date=pd.to_datetime(table["end_date"]),
    )


def of(table):
    place, groups = pd.factorize(table["group"], sort=True)
    days = to_days(table["start_date"]), to_days(table["end_date"])
    return measure_coverage([*groups], place, days, extract_date=EXTRACTED)


def test_a_spell_counts_in_each_year_it_touches():
    found = of(
        spells(("sick", "2019-12-18", "2020-01-15"), ("sick", "2021-06-17", None))
    )
    assert found.groups == ("sick",)
    assert found.years == (2019, 2020, 2021)
    assert found.weeks.tolist() == [[2.0, 2.0, 2.0]]
    assert found.lived.round(2).tolist() == [1.0, 1.0, 0.5]


DAY = st.dates(date(2018, 1, 1), date(2021, 6, 30))
SPELL = st.tuples(st.sampled_from("ab"), DAY, DAY).filter(lambda s: s[1] < s[2])


@pytest.mark.slow
@settings(max_examples=draws(25))
@given(st.lists(SPELL, min_size=1, max_size=5))
def test_weeks_agree_with_counting_days(rows):
    table = spells(*rows)
    found = of(table)
    for group, weeks in zip(found.groups, found.weeks, strict=True):
        days = [
            day.year
            for what, start, end in rows
            if what == group
            for day in pd.date_range(start, end, inclusive="left")
        ]
        plain = [days.count(year) / 7 for year in found.years]
        assert weeks.tolist() == pytest.approx(plain)


@pytest.mark.slow
@settings(max_examples=draws(25))
@given(st.lists(SPELL, min_size=1, max_size=5), st.lists(SPELL, max_size=5))
def test_parts_add_up_to_the_whole(one, other):
    parts = [of(spells(*rows)) for rows in (one, other)]
    whole, found = of(spells(*one, *other)), add_coverage(parts, extract_date=EXTRACTED)
    assert (found.groups, found.years) == (whole.groups, whole.years)
    assert found.weeks.tolist() == [pytest.approx(row) for row in whole.weeks]
    assert found.lived.tolist() == whole.lived.tolist()


def many(group, start, end):
    """Ten people with the same spell: enough to be spoken of."""
    return [(group, start, end)] * 10


def test_a_group_that_dies_or_begins_is_told_with_its_year():
    table = spells(
        *many("old", "2017-01-02", "2019-12-30"),
        *many("new", "2020-01-06", None),
        *many("always", "2017-01-02", None),
    )
    cliffs = of(table).find_cliffs()
    assert [(c.group, c.kind, c.year, round(c.before)) for c in cliffs] == [
        ("new", "begins", 2020, 0),
        ("old", "ends", 2020, 519),
    ]
    for cliff in cliffs:
        told = cliff.describe()
        assert told.startswith(f"{cliff.group}: ")
        assert re.findall(r"\d+", told)[:2] == ["2020", f"{cliff.before:.0f}"]


def test_the_year_of_the_extract_counts_for_as_long_as_it_lasted():
    """Half a year has half the weeks: that is no cliff."""
    assert of(spells(*many("always", "2017-01-02", None))).find_cliffs() == ()


def test_a_pause_is_no_cliff_and_a_few_people_are_not_spoken_of():
    table = spells(
        *many("pause", "2017-01-02", "2018-12-31"),
        *many("pause", "2020-01-06", None),
        ("rare", "2017-01-02", "2018-12-31"),
    )
    assert of(table).find_cliffs() == ()


def test_no_spells_have_no_years():
    found = of(spells().astype({"group": "str"}))
    assert found.groups == found.years == found.find_cliffs() == ()
