"""What a code means after another benefit, beside a slow plain version."""

import time
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.rules.code_groups import locate_codes, parse_code_table
from riskscreen.rules.conditional_spells import SpellFacts, apply_conditions
from riskscreen.rules.split_spells import split_at_validity
from riskscreen.timeline import OPEN_END, from_days, to_day_number

HEAD = "code,group,valid_from,valid_to,applies_when,mark\n"
# From 2027 on 870 is sygedagpenge, and stays jobafklaring for who is in it (as a plan
# of 2025 said; an example, not the law). 810 goes on for those in it or in 870.
TABLE = parse_code_table(
    f"{HEAD}870,jobafklaring,,2027-01-04,,\n"
    "870,sygedagpenge,2027-01-04,,,\n"
    "870,jobafklaring,2027-01-04,,state = jobafklaring,confirmed\n"
    "877,jobafklaring,,2027-01-04,,\n"
    "877,sygedagpenge,2027-01-04,,,\n"
    "877,jobafklaring,2027-01-04,,state = jobafklaring,\n"
    "810,kontanthjaelp,,,,\n"
    "810,ressourceforloeb,,,state = ressourceforloeb | jobafklaring,\n"
    "890,sygedagpenge,,,,\n",
    name="x",
)


def read(*spells, table=TABLE):
    """Pieces of *spells* (person, code, start, end, registered): group, first day."""
    rows = pd.DataFrame(
        [(*spell, None)[:5] for spell in spells],
        columns=["person", "code", "start", "end", "registered"],
    )
    code = locate_codes(rows["code"].astype("str"), table)
    start = np.array([to_day_number(day) for day in rows["start"]], np.int32)
    end = [OPEN_END if day is None else to_day_number(day) for day in rows["end"]]
    stamps = [
        np.iinfo(np.int32).min if pd.isna(day) else to_day_number(day)
        for day in rows["registered"]
    ]
    pieces = split_at_validity(code, start, np.array(end, np.int32), table.periods)
    facts = SpellFacts(rows["person"].to_numpy(), code, np.array(stamps, np.int32))
    pieces = apply_conditions(
        pieces, table.conditions, facts, group_of_state=table.group_of_state
    )
    ends = [None if day == OPEN_END else day for day in pieces.end.tolist()]
    return [
        (
            rows["person"][row],
            table.groups[table.group_of_state[state]],
            from_days(np.array([begin]))[0].date(),
            None if finish is None else from_days(np.array([finish]))[0].date(),
        )
        for row, state, begin, finish in zip(
            pieces.row.tolist(),
            pieces.state.tolist(),
            pieces.start.tolist(),
            ends,
            strict=True,
        )
    ]


NEW_YEAR, MAY = date(2027, 1, 4), date(2027, 5, 3)


def test_who_is_in_a_benefit_that_is_phased_out_stays_in_it():
    autumn, spring = date(2026, 10, 5), date(2027, 3, 1)
    found = read((1, "870", autumn, spring), (1, "877", spring, MAY))
    assert found == [
        (1, "jobafklaring", autumn, NEW_YEAR),
        (1, "jobafklaring", NEW_YEAR, spring),
        (1, "jobafklaring", spring, MAY),
    ]


def test_who_comes_from_another_benefit_or_from_none_has_what_the_code_means_now():
    start, later = date(2027, 2, 1), date(2027, 3, 1)
    assert read((1, "870", start, None)) == [(1, "sygedagpenge", start, None)]
    found = read((1, "890", start, later), (1, "870", later, MAY))
    assert [group for _, group, *_ in found] == ["sygedagpenge", "sygedagpenge"]


def test_a_break_of_a_day_is_a_break_and_another_persons_benefit_is_nobodys():
    autumn = date(2026, 10, 5)
    broken = read((1, "870", autumn, NEW_YEAR), (1, "870", date(2027, 1, 5), MAY))
    assert [group for _, group, *_ in broken] == ["jobafklaring", "sygedagpenge"]
    two = read((1, "870", autumn, NEW_YEAR), (2, "870", NEW_YEAR, MAY))
    assert [group for _, group, *_ in two] == ["jobafklaring", "sygedagpenge"]


def test_what_a_code_was_read_as_counts_for_the_next_one():
    days = [date(2026, 12, 7), date(2027, 2, 1), date(2027, 3, 1), MAY]
    found = read(
        (1, "870", days[0], days[1]),
        (1, "810", days[1], days[2]),
        (1, "810", days[2], days[3]),
    )
    assert [group for _, group, *_ in found[-2:]] == ["ressourceforloeb"] * 2
    new = read((1, "890", days[0], days[1]), (1, "810", days[1], days[2]))
    assert [group for _, group, *_ in new] == ["sygedagpenge", "kontanthjaelp"]


def test_of_several_benefits_on_the_day_before_one_is_enough():
    found = read(
        (1, "870", date(2026, 11, 2), None),
        (1, "890", date(2026, 12, 7), None),
        (1, "877", date(2027, 2, 1), None),
    )
    assert found[-1] == (1, "jobafklaring", date(2027, 2, 1), None)


def test_what_was_registered_later_than_a_spell_does_not_change_what_it_is():
    """Whoever scored it then could not know: no later news may reach a feature."""
    autumn, known = date(2026, 10, 5), date(2027, 1, 11)
    late, early = date(2027, 1, 12), date(2026, 10, 12)
    for stamp, group in ((late, "sygedagpenge"), (early, "jobafklaring")):
        found = read(
            (1, "877", autumn, NEW_YEAR, stamp), (1, "870", NEW_YEAR, MAY, known)
        )
        assert found[-1][1] == group


def test_a_row_that_ends_is_asked_no_longer():
    table = parse_code_table(
        f"{HEAD}870,sygedagpenge,,,,\n"
        "870,jobafklaring,,2027-03-01,state = jobafklaring | su,\n651,su,,,,\n",
        name="x",
    )
    found = read(
        (1, "651", date(2026, 11, 2), date(2026, 12, 7)),
        (1, "870", date(2026, 12, 7), MAY),
        table=table,
    )
    assert found[1:] == [
        (1, "jobafklaring", date(2026, 12, 7), date(2027, 3, 1)),
        (1, "sygedagpenge", date(2027, 3, 1), MAY),
    ]


def test_a_piece_is_confirmed_by_the_row_that_it_is_read_by():
    start = np.array([to_day_number(date(2026, 10, 5))], np.int32)
    end = np.array([to_day_number(MAY)], np.int32)
    code = locate_codes(pd.Series(["870"]), TABLE)
    pieces = split_at_validity(code, start, end, TABLE.periods)
    facts = SpellFacts(np.array([0]), code, np.array([0]))
    read_ = apply_conditions(
        pieces, TABLE.conditions, facts, group_of_state=TABLE.group_of_state
    )
    assert pieces.verified.tolist() == [False, False]
    assert read_.verified.tolist() == [False, True]


WEEKS = st.integers(0, 12)


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["870", "877", "810", "890", "555"]),
            WEEKS,
            st.integers(1, 6),
        ),
        max_size=8,
    )
)
def test_spells_are_read_as_day_after_day_would(spells):
    first = date(2026, 11, 23)
    drawn = [
        (person, code, first + timedelta(weeks=at), first + timedelta(weeks=at + n))
        for person, code, at, n in spells
    ]
    if not drawn:
        return
    found = read(*drawn)
    days = {}
    for person, group, begin, finish in found:
        for n in range((finish - begin).days):
            days.setdefault((person, begin + timedelta(n)), []).append(group)
    assert {key: sorted(of) for key, of in days.items()} == plain(drawn)


def plain(spells):
    """Every person's groups on every day, one day after the other."""
    told, last = {}, max(end for *_, end in spells)
    day, before = min(start for *_, start, _ in spells), {}
    while day < last:
        today = {}
        for n, (person, code, start, end) in enumerate(spells):
            if not start <= day < end:
                continue
            bounds = {start} | ({NEW_YEAR} if code in ("870", "877") else set())
            if day in bounds:
                groups = before.get(person, {}).values()
                group = plain_group(code, {*groups}, day)
            else:
                group = before[person][n]
            today.setdefault(person, {})[n] = group
            told.setdefault((person, day), []).append(group)
        day, before = day + timedelta(1), today
    return {key: sorted(of) for key, of in told.items()}


def plain_group(code, before, day):
    if code in ("870", "877"):
        stays = day < NEW_YEAR or "jobafklaring" in before
        return "jobafklaring" if stays else "sygedagpenge"
    if code == "810":
        stays = before & {"ressourceforloeb", "jobafklaring"}
        return "ressourceforloeb" if stays else "kontanthjaelp"
    return {"890": "sygedagpenge", "555": "anden_forsoergelse"}[code]


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_on_such_a_code_leaves_the_pieces_as_they_are(n):
    spells = [(1, "890", NEW_YEAR, MAY)] * n
    code = locate_codes(pd.Series([s[1] for s in spells], dtype="str"), TABLE)
    start = np.array([to_day_number(s[2]) for s in spells], np.int32)
    end = np.array([to_day_number(s[3]) for s in spells], np.int32)
    pieces = split_at_validity(code, start, end, TABLE.periods)
    facts = SpellFacts(np.ones(n, np.int32), code, np.zeros(n, np.int32))
    assert (
        apply_conditions(
            pieces, TABLE.conditions, facts, group_of_state=TABLE.group_of_state
        )
        is pieces
    )


@pytest.mark.slow
def test_many_weeks_of_one_person_take_as_much_more_time_as_there_are_more():
    taken = {}
    for n in (500, 4000):
        start = to_day_number(NEW_YEAR) + 7 * np.arange(n, dtype=np.int32)
        code = np.repeat(locate_codes(pd.Series(["870"]), TABLE), n)
        pieces = split_at_validity(code, start, start + 7, TABLE.periods)
        facts = SpellFacts(np.zeros(n, np.int32), code, np.zeros(n, np.int32))
        begun = time.process_time()
        apply_conditions(
            pieces, TABLE.conditions, facts, group_of_state=TABLE.group_of_state
        )
        taken[n] = time.process_time() - begun
    assert taken[4000] < 24 * taken[500]  # 8 times as many; each with each is 64
