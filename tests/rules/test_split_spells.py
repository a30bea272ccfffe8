from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.rules.code_groups import parse_code_table, read_shipped_code_table
from riskscreen.rules.states import OTHER_SUPPORT
from tests.draws import draws
from tests.grouped import group_history
from tests.rules.test_code_groups import table

ONE_CONFIRMED = parse_code_table(
    "code,group,mark\n890,sygedagpenge,confirmed\n740,ledighedsydelse,two_lists\n",
    name="a test",
)


def history(*rows):
    """Spells of (person, code, start, end)."""
    frame = pd.DataFrame(rows, columns=["person_id", "code", "start_date", "end_date"])
    return frame.assign(
        start_date=pd.to_datetime(frame["start_date"]),
        end_date=pd.to_datetime(frame["end_date"]),
    )


def written(spells):
    """Spells as (person, group, start, end) of text; an open end is None."""
    day = spells[["start_date", "end_date"]].apply(lambda d: d.dt.strftime("%Y-%m-%d"))
    group = spells["group"].astype("object")
    return [
        (who, what, start, end if isinstance(end, str) else None)
        for who, what, start, end in zip(
            spells["person_id"], group, day["start_date"], day["end_date"], strict=True
        )
    ]


@pytest.mark.slow
def test_a_reform_is_a_date_in_the_table():
    spells = history(
        ("ada", "870", "2014-06-02", "2014-06-30"),  # before there was such a benefit
        ("bo", "870", "2014-06-30", "2014-07-28"),  # the reform's own week: a Tuesday
        ("eva", "870", "2026-06-01", "2027-06-07"),  # runs past the end in the table
        ("ib", "870", "2026-06-01", None),
    )
    codes = table(("870", "jobafklaring", "2014-07-01", "2027-01-01"))
    found = group_history(spells, codes)
    assert written(found.spells) == [
        ("ada", OTHER_SUPPORT, "2014-06-02", "2014-06-30"),
        ("bo", "jobafklaring", "2014-06-30", "2014-07-28"),
        ("eva", "jobafklaring", "2026-06-01", "2027-01-04"),
        ("eva", OTHER_SUPPORT, "2027-01-04", "2027-06-07"),
        ("ib", "jobafklaring", "2026-06-01", "2027-01-04"),
        ("ib", OTHER_SUPPORT, "2027-01-04", None),
    ]
    assert found.unknown_persons == {"ada", "eva", "ib"}
    assert found.unknown.to_dict("records") == [
        {"code": "870", "n_rows": 3, "n_persons": 3}
    ]
    by_2026 = group_history(spells, codes, until=date(2026, 12, 31))
    assert by_2026.unknown_persons == {"ada"}  # judged where it has been lived


def test_a_spell_across_a_change_of_group_is_cut_there():
    codes = table(("7", "old", None, "2020-01-01"), ("7", "new", "2020-01-01", None))
    found = group_history(history(("ada", "7", "2019-12-02", None)), codes)
    assert written(found.spells) == [
        ("ada", "old", "2019-12-02", "2019-12-30"),  # the Monday of the reform's week
        ("ada", "new", "2019-12-30", None),
    ]
    assert found.unknown.empty


def test_a_gap_in_a_codes_life_is_other_support_between_what_is_known():
    codes = table(
        ("7", "old", None, "2020-01-06"), ("7", "new", "2020-03-02", "2020-06-01")
    )
    found = group_history(history(("ada", "7", "2019-12-30", "2020-03-09")), codes)
    assert written(found.spells) == [
        ("ada", "old", "2019-12-30", "2020-01-06"),
        ("ada", OTHER_SUPPORT, "2020-01-06", "2020-03-02"),
        ("ada", "new", "2020-03-02", "2020-03-09"),
    ]
    assert found.unknown_persons == {"ada"}


def test_unknown_and_blank_codes_are_other_support_and_counted_by_code():
    spells = history(
        ("ada", "890", "2020-01-06", "2020-02-03"),
        ("ada", "4711", "2020-02-03", "2020-03-02"),
        ("bo", "4711", "2020-02-03", None),
        ("bo", " ", "2020-02-03", None),
    )
    found = group_history(spells, ONE_CONFIRMED)
    assert written(found.spells) == [
        ("ada", "sygedagpenge", "2020-01-06", "2020-02-03"),
        ("ada", OTHER_SUPPORT, "2020-02-03", "2020-03-02"),
        ("bo", OTHER_SUPPORT, "2020-02-03", None),
        ("bo", OTHER_SUPPORT, "2020-02-03", None),
    ]
    assert found.spells["verified"].tolist() == [True, False, False, False]
    assert found.unknown["code"].tolist() == ["", "4711"]
    assert found.unknown["n_rows"].tolist() == [1, 2]
    assert found.unknown["n_persons"].tolist() == [1, 2]


def test_late_registration_and_verification_travel_with_the_piece():
    spells = history(
        ("ada", "890", "2020-01-06", None), ("ada", "740", "2019-01-07", None)
    ).assign(registered_on=pd.to_datetime(["2020-01-20", "2019-02-04"]))
    found = group_history(spells, ONE_CONFIRMED).spells
    assert found["registered_on"].tolist() == spells["registered_on"].tolist()
    assert found["verified"].tolist() == [True, False]


def test_no_rows_give_no_rows():
    found = group_history(history(), read_shipped_code_table())
    assert found.spells.empty
    assert found.unknown.empty


DAYS = st.integers(0, 60)
PERIOD = st.tuples(st.sampled_from("789"), st.sampled_from(["a", "b"]), DAYS, DAYS)
SPELL = st.tuples(st.sampled_from("7890"), DAYS, st.integers(1, 40))


def _apart(periods):
    """Periods that do not overlap within a code; the last of a code may be open."""
    kept = []
    for code, group, start, end in sorted(periods):
        last = max((k[3] for k in kept if k[0] == code), default=0)
        if (start := max(start, last)) < end:
            kept.append((code, group, start, end))
    return kept


@pytest.mark.slow
@settings(max_examples=draws(60))
@given(st.lists(PERIOD, min_size=1, max_size=8), st.lists(SPELL, max_size=8))
def test_grouping_agrees_with_asking_the_table_about_every_day(periods, spells):
    """Periods here begin and end on Mondays, so a week's rounding moves nothing."""
    monday = pd.Timestamp("2020-01-06")
    kept = _apart(periods)
    if not kept:
        return
    week = pd.Timedelta(weeks=1)
    codes = table(
        *((c, g, monday + s * week, monday + e * week) for c, g, s, e in kept)
    )
    rows = history(
        *(("p", c, monday + s * week, monday + (s + n) * week) for c, s, n in spells)
    )
    found = group_history(rows, codes)
    fast = sorted(
        (g, d)
        for _, g, s, e in written(found.spells)
        for d in pd.date_range(s, e, freq="W-MON", inclusive="left")
    )
    slow, unknown = [], 0
    for code, start, length in spells:
        states = [
            [g for c, g, s, e in kept if c == code and s <= at < e]
            for at in range(start, start + length)
        ]
        slow += [
            ((s or [OTHER_SUPPORT])[0], monday + (start + n) * week)
            for n, s in enumerate(states)
        ]
        unknown += any(not s for s in states)
    assert fast == sorted(slow)
    assert found.unknown["n_rows"].sum() == unknown


@pytest.mark.slow
def test_ten_thousand_spells_are_cut_as_one_by_one():
    generator = np.random.default_rng(0)
    codes = read_shipped_code_table()
    start = pd.Timestamp("2010-01-04") + pd.to_timedelta(
        generator.integers(0, 700, 2000) * 7, unit="D"
    )
    spells = pd.DataFrame(
        {
            "person_id": generator.integers(0, 300, 2000).astype(str),
            "code": generator.choice(codes.rows["code"].to_numpy(), 2000),
            "start_date": start,
            "end_date": start + pd.Timedelta(weeks=12),
        }
    )
    whole = group_history(spells, codes)
    halves = [
        group_history(spells.iloc[:1000], codes),
        group_history(spells.iloc[1000:], codes),
    ]
    assert written(whole.spells) == [s for h in halves for s in written(h.spells)]
