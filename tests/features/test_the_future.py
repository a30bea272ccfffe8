"""Nothing that was not known at T0 may change a feature; every feature is tried."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen.features import build_features
from riskscreen.features.catalogue import list_features
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.spec import read_specification
from tests.histories import index_of

MODELS = sorted((Path(__file__).parents[2] / "models").glob("[!_]*.toml"))
CODE_GROUPS = read_shipped_code_table().states
PERSONS = 300
T0 = pd.Timestamp("2019-03-06")  # a Wednesday
LATER = pd.Timedelta(weeks=40)


@cache
def names_of(path):
    return [feature.name for feature in list_features(read_specification(path))]


def seen_until(spec):
    lag = pd.Timedelta(weeks=spec.history.register_lag_weeks)
    return T0 - pd.Timedelta(days=T0.day_of_week) - lag


def a_history(spec):
    """Twelve spells a person over twelve years, some open at T0, registered at once."""
    rng = np.random.default_rng(5)
    n = PERSONS * 12
    start = seen_until(spec) - pd.to_timedelta(rng.integers(1, 3600, n), unit="D")
    length = pd.to_timedelta(rng.integers(7, 500, n), unit="D")
    table = pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(PERSONS), 12).astype(str),
            "group": rng.choice(CODE_GROUPS, n),
            "start_date": start,
            "end_date": start + length,
            "registered_on": start,
        }
    )
    open_end = rng.random(n) < 0.05
    return table.assign(end_date=table["end_date"].mask(open_end))


def some_cases(spec):
    """One case a person, with every declared column filled by chance."""
    rng = np.random.default_rng(6)
    cases = pd.DataFrame({"case_id": [f"case {n}" for n in range(PERSONS)]})
    cases["person_id"] = np.arange(PERSONS).astype(str)
    cases["start_date"] = T0 - pd.Timedelta(days=20)
    cases["decision_date"] = T0
    for name, column in spec.columns.items():
        cases[name] = by_chance(column, rng)
    return cases


def by_chance(column, rng):
    if column.type == "category":
        return rng.choice(column.values, PERSONS)
    if column.type == "flag":
        return pd.array(rng.random(PERSONS) < 0.5, dtype="boolean")
    low, high = column.minimum or 0, column.maximum or 100
    return rng.integers(int(low), int(high) + 1, PERSONS).astype(float)


def flooded(spec, history):
    """Rows of every group that begin in the first week that cannot be seen."""
    rng = np.random.default_rng(7)
    rows = history.sample(frac=1, random_state=8)
    start = seen_until(spec) + pd.to_timedelta(
        rng.integers(0, 200, len(rows)), unit="D"
    )
    future = rows.assign(
        start_date=start,
        end_date=start + pd.Timedelta(days=30),
        registered_on=start,
    )
    return pd.concat([history, future])


def registered_late(history):
    """Rows of long ago, of every group, that reached the register on T0 or after."""
    rng = np.random.default_rng(9)
    late = T0 + pd.to_timedelta(rng.integers(0, 90, len(history)), unit="D")
    rows = history.sample(frac=1, random_state=10).assign(registered_on=late)
    rows["person_id"] = history["person_id"].to_numpy()
    return pd.concat([history, rows])


def with_other_ends(spec, history):
    """Every end that lies in the future moved somewhere else in the future."""
    rng = np.random.default_rng(11)
    until = seen_until(spec)
    ahead = history["end_date"].isna() | (history["end_date"] >= until)
    other = until + pd.to_timedelta(rng.integers(0, 900, len(history)), unit="D")
    ends = history["end_date"].mask(ahead, pd.Series(other, index=history.index))
    return history.assign(end_date=ends)


def permuted(spec, history):
    """The future as it is, but each row of it with another row's group."""
    table = flooded(spec, history).reset_index(drop=True)
    ahead = table["start_date"] >= seen_until(spec)
    groups = table.loc[ahead, "group"].sample(frac=1, random_state=12).to_numpy()
    table.loc[ahead, "group"] = groups
    return table.sample(frac=1, random_state=13)


FUTURES = {
    "rows after what can be seen": flooded,
    "rows registered at T0 or later": lambda _, history: registered_late(history),
    "other ends in the future": with_other_ends,
    "a permuted future": permuted,
    "no future at all": lambda spec, history: history.assign(
        end_date=history["end_date"].clip(upper=seen_until(spec))
    ),
}


@cache
def tables(path):
    """The features as they are, in other futures, and when the future has come."""
    spec = read_specification(path)
    cases, history = some_cases(spec), a_history(spec)
    # What is decided, forecast or delivered beside the declared features.
    odd = cases.assign(
        outcome=1, **{n: None for n, c in spec.columns.items() if c.role != "feature"}
    )

    def built(table, rows):
        index = index_of(spec, rows, table, groups=CODE_GROUPS)
        return build_features(spec, table, index)

    futures = {what: built(odd, f(spec, history)) for what, f in FUTURES.items()}
    later = cases.assign(decision_date=T0 + LATER)
    shuffled = cases.assign(
        **{n: cases[n].sample(frac=1, random_state=3).to_numpy() for n in spec.columns}
    )
    came_true = {
        "flood": (
            built(later, registered_late(flooded(spec, history))),
            built(later, history),
        ),
        "columns": (built(shuffled, history), built(cases, history)),
    }
    return built(cases, history), futures, came_true


def bits(table, name):
    return table[name].to_numpy().tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_future_cannot_change_a_feature(path):
    known, futures, _ = tables(path)
    changed = [
        (what, name)
        for what, table in futures.items()
        for name in names_of(path)
        if bits(table, name) != bits(known, name)
    ]
    assert changed == []


@pytest.mark.slow
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_feature_would_show_the_future_if_it_could(path):
    """Else the test above would say nothing about it: no feature may stay uncovered."""
    _, _, came_true = tables(path)
    blind = [
        name
        for name in names_of(path)
        if all(bits(a, name) == bits(b, name) for a, b in came_true.values())
    ]
    assert blind == []


def test_every_target_has_features_to_try():
    assert MODELS
    assert all(names_of(path) for path in MODELS)
