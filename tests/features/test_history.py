import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import TableError
from riskscreen.features import build_features
from riskscreen.features.catalogue import list_features
from riskscreen.spec import HistoryGroup, Words, read_specification
from tests.draws import draws
from tests.features.plain_history import plain_features
from tests.histories import index_of

MODELS = Path(__file__).parents[2] / "models"
CODE_GROUPS = ("alone", "book", "flex", "ill", "other")
WORDS = Words(da="ord", en="words")
ORIGIN = 18_000  # any day


def small_spec(**history):
    """A shipped specification with short windows, and no intake columns."""
    spec = read_specification(MODELS / "long_absence.toml")
    groups = {
        "sickness": HistoryGroup(
            code_groups=("ill",), label=WORDS, monotone="increasing"
        ),
        "work": HistoryGroup(code_groups=("flex", "book"), label=WORDS),
        "all_support": HistoryGroup(code_groups=("ill", "flex"), label=WORDS),
    }
    small = spec.history.model_copy(
        update={
            "windows": (2, 5, 12),
            "groups": groups,
            "self_support": ("alone",),
            "register_lag_weeks": 1,
            **history,
        }
    )
    return spec.model_copy(update={"columns": {}, "history": small})


def dates(days):
    return pd.to_datetime(pd.Series(days, dtype="float64"), unit="D")


def spells_table(rows):
    """Spells of (person, group, start, end or None, registered or None), in days."""
    columns = ["person_id", "group", "start_date", "end_date", "registered_on"]
    table = pd.DataFrame(rows, columns=columns)
    days = {c: dates(table[c]) for c in columns[2:]}
    return table.astype({"person_id": "str", "group": "str"}).assign(**days)


def cases_table(rows):
    """Cases of (person, decision day); the case is called by its place."""
    return pd.DataFrame(
        {
            "case_id": [f"case {n}" for n in range(len(rows))],
            "person_id": pd.Series([person for person, _ in rows], dtype="str"),
            "decision_date": dates([day for _, day in rows]),
        }
    )


@st.composite
def histories(draw):
    """Some spells of three persons around ORIGIN, and some cases of theirs."""
    spell = st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(CODE_GROUPS),
        st.integers(ORIGIN - 110, ORIGIN + 20),
        st.one_of(st.none(), st.integers(1, 70)),
        st.one_of(st.none(), st.integers(ORIGIN - 30, ORIGIN + 30)),
    )
    spells = [
        (person, group, start, length and start + length, registered)
        for person, group, start, length, registered in draw(
            st.lists(spell, max_size=14)
        )
    ]
    case = st.tuples(st.sampled_from("abcd"), st.integers(ORIGIN - 10, ORIGIN + 40))
    return spells, draw(st.lists(case, min_size=1, max_size=4))


def built(spec, cases, spells, code_groups=CODE_GROUPS):
    """The features of *cases*, by the index of a table of spells."""
    index = None
    if spells is not None:
        index = index_of(spec, spells, cases, groups=code_groups)
    return build_features(spec, cases, index)


def check_against_the_plain_version(spec, spells, cases):
    table = built(spec, cases_table(cases), spells_table(spells))
    levels = {f.name: f.levels for f in list_features(spec)}
    for (person, decided), (_, row) in zip(cases, table.iterrows(), strict=True):
        own = [s[1:] for s in spells if s[0] == person]
        plain = plain_features(spec, decided, own, CODE_GROUPS)
        assert row.index.tolist() == list(levels)
        for name, value in plain.items():
            found = row[name]
            if levels[name]:
                found = levels[name][int(found)]
                assert found == value, name
            else:
                same = found == pytest.approx(value, abs=1e-12, nan_ok=True)
                assert same, (name, found, value)
        assert plain.keys() == levels.keys()


@pytest.mark.slow
@settings(max_examples=draws(75))
@given(histories())
def test_every_history_feature_agrees_with_the_slow_plain_version(history):
    check_against_the_plain_version(small_spec(), *history)


@pytest.mark.slow
@settings(max_examples=draws(40))
@given(histories(), st.lists(st.booleans(), min_size=14, max_size=14))
def test_a_state_of_a_group_counts_as_the_group(history, partly):
    spells, cases = history
    apart = [
        (person, f"{group}:partly" if it_is else group, *rest)
        for (person, group, *rest), it_is in zip(spells, partly, strict=False)
    ]
    states = (*CODE_GROUPS, *(f"{group}:partly" for group in CODE_GROUPS))
    spec, table = small_spec(), cases_table(cases)
    whole = built(spec, table, spells_table(spells))
    pd.testing.assert_frame_equal(
        built(spec, table, spells_table(apart), states), whole
    )


def test_weeks_are_counted_before_the_monday_of_the_decision_less_the_lag():
    spec = small_spec()
    monday = ORIGIN - (ORIGIN + 3) % 7
    cases = cases_table([("a", monday + 2)])
    spells = spells_table([("a", "ill", monday - 14, monday + 7, None)])
    row = built(spec, cases, spells, CODE_GROUPS).iloc[0]
    assert row["sickness_weeks_2"] == 1
    assert row["sickness_weeks_since_last"] == 0


def test_overlapping_spells_of_one_group_are_counted_once():
    spec = small_spec(register_lag_weeks=0)
    monday = ORIGIN - (ORIGIN + 3) % 7
    rows = [
        ("a", "flex", monday - 28, monday - 14, None),
        ("a", "book", monday - 21, monday - 7, None),
        ("a", "flex", monday - 7, monday, None),
    ]
    cases = cases_table([("a", monday)])
    found = built(spec, cases, spells_table(rows))
    row = found.iloc[0]
    assert (row["work_weeks_5"], row["work_spells"], row["work_longest"]) == (4, 1, 4)


def test_never_on_a_benefit_is_missing_and_a_current_one_is_nought_weeks_ago():
    cases = cases_table([("a", ORIGIN)])
    spells = spells_table([("a", "ill", ORIGIN - 50, None, None)])
    found = built(small_spec(), cases, spells)
    assert found["sickness_weeks_since_last"].item() == 0
    assert math.isnan(found["work_weeks_since_last"].item())


@pytest.mark.parametrize("code_groups", [CODE_GROUPS, CODE_GROUPS[::-1]])
def test_of_two_spells_that_began_together_the_group_declared_first_is_current(
    code_groups,
):
    rows = [
        ("a", "flex", ORIGIN - 50, None, None),
        ("a", "ill", ORIGIN - 50, None, None),
    ]
    cases = cases_table([("a", ORIGIN)])
    found = built(small_spec(), cases, spells_table(rows), code_groups)
    assert found["state_at_decision"].item() == 0


def test_of_two_spells_that_cover_the_last_day_the_later_one_is_current():
    rows = [
        ("a", "flex", ORIGIN - 40, None, None),
        ("a", "ill", ORIGIN - 50, None, None),
    ]
    cases = cases_table([("a", ORIGIN)])
    found = built(small_spec(), cases, spells_table(rows))
    assert found["state_at_decision"].item() == 1


@pytest.mark.parametrize(("days_before", "shifts"), [(364, 1), (365, 0)])
def test_a_shift_counts_in_the_windows_that_it_begins_in(days_before, shifts):
    spec = small_spec(windows=(4, 52, 60), register_lag_weeks=0)
    monday = ORIGIN - (ORIGIN + 3) % 7
    rows = [
        ("a", "flex", monday - 400, monday - 380, None),
        ("a", "ill", monday - days_before, monday - 300, None),
    ]
    cases = cases_table([("a", monday)])
    found = built(spec, cases, spells_table(rows))
    assert found["shifts_52"].item() == shifts
    assert found["shifts_60"].item() == 1


def test_a_row_that_does_not_say_when_it_was_registered_rests_on_the_lag():
    cases = cases_table([("a", ORIGIN), ("b", ORIGIN), ("c", ORIGIN)])
    rows = [
        ("a", "ill", ORIGIN - 50, None, None),
        ("b", "ill", ORIGIN - 50, None, ORIGIN - 1),
        ("c", "ill", ORIGIN - 50, None, ORIGIN),
    ]
    found = built(small_spec(), cases, spells_table(rows))
    assert found["sickness_spells"].tolist() == [1, 1, 0]


def test_a_person_without_a_row_supports_himself_or_is_an_error():
    cases = cases_table([("a", ORIGIN), ("nobody", ORIGIN), ("nobody", ORIGIN + 7)])
    spells = spells_table([("a", "ill", ORIGIN - 50, None, None)])
    found = built(small_spec(), cases, spells)
    assert found["self_support_share_12"].tolist()[1:] == [1, 1]
    assert found["state_weeks"].tolist()[1:] == [12, 12]
    strict = small_spec(absent_person="error")
    with pytest.raises(TableError, match=r"1 persons .*no row") as error:
        built(strict, cases, spells)
    assert "nobody" not in str(error.value)


def test_a_history_that_is_not_given_is_an_error():
    cases = cases_table([("a", ORIGIN)])
    with pytest.raises(TableError, match="none was given"):
        built(small_spec(), cases, None)


@pytest.mark.slow
@settings(max_examples=draws(30))
@given(histories())
def test_a_case_alone_has_the_features_it_has_among_others_to_the_last_bit(history):
    spells, cases = spells_table(history[0]), cases_table(history[1])
    whole = built(small_spec(), cases, spells)
    for place in range(len(cases)):
        alone = built(
            small_spec(), cases.iloc[[place]], spells.sample(frac=1, random_state=place)
        )
        assert alone.to_numpy().tobytes() == whole.iloc[[place]].to_numpy().tobytes()


def test_features_fill_one_block_of_doubles():
    cases = cases_table([("a", ORIGIN)])
    spells = spells_table([("a", "ill", ORIGIN - 50, None, None)])
    found = built(small_spec(), cases, spells)
    assert set(found.dtypes) == {np.dtype("float64")}
    assert found.index.name == "case_id"
