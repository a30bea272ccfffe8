"""Features of further tables: against a slow plain version, and against the future."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import SpecError
from riskscreen.features import build_features
from riskscreen.features.catalogue import list_features
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.features.table_catalogue import TEXTS, list_table_features
from riskscreen.features.tables import fill_table_features, find_people_with_rows
from riskscreen.history.index import ALWAYS_KNOWN, index_spells
from riskscreen.spec import DatedTable
from riskscreen.timeline import OPEN_END
from tests import small_site
from tests.draws import draws
from tests.small_site import words

CATEGORIES = ("", "build", "shop", "ship")
WINDOWS = (2, 5, 12)
MONDAY = 17_994  # 8 April 2019, 12 weeks and more after 1970


def employment(**changes):
    content = {
        "name": "work",
        "label": words("work"),
        "idea": "past",
        "rows": "spells",
        "windows": WINDOWS,
        "register_lag_weeks": 1,
        "aggregates": (
            "count",
            "days",
            "weeks",
            "sum",
            "mean",
            "changes",
            "last",
            "since",
        ),
        "value": {"label": words("degree"), "unit": "index"},
        "category": True,
        "groups": {"yard": {"categories": ("build", "ship"), "label": words("yard")}},
        "monotone": "decreasing",
    }
    return DatedTable.model_validate(content | changes)


def index_of(rows, persons=("a", "b")):
    """The index of rows (person, category, start, end, registered, value)."""
    person, category, start, end, registered, value = (
        np.array(column) for column in (zip(*rows, strict=True) if rows else [[]] * 6)
    )
    names = pd.Index(persons, dtype="str")
    return index_spells(
        names,
        CATEGORIES,
        person=np.array([persons.index(p) for p in person], dtype=int),
        group=np.array([CATEGORIES.index(c) for c in category], dtype=int),
        start=start.astype(int),
        end=end.astype(int),
        registered=registered.astype(int),
        verified=np.ones(len(rows), dtype=bool),
        value=value.astype(float),
    )


def cases_of(*rows):
    """Cases of (person, days after MONDAY that it was decided on)."""
    days = [MONDAY + day for _, day in rows]
    return pd.DataFrame(
        {
            "case_id": [str(n) for n in range(len(rows))],
            "person_id": pd.Series([person for person, _ in rows], dtype="str"),
            "decision_date": pd.to_datetime(pd.Series(days), unit="D"),
        }
    )


def computed(table, cases, rows):
    names = [f.name for f in list_table_features(table)]
    out = np.empty((len(cases), len(names)))
    fill_table_features(out, table, cases, rows)
    return pd.DataFrame(out, columns=names)


def plain_features(table, rows, *, person, decided):
    """The features of one case by sets of days and plain loops."""
    until = decided - (decided - MONDAY) % 7 - 7 * table.register_lag_weeks
    longest = 7 * max(table.windows)
    seen = sorted(
        (start, CATEGORIES.index(category), math.isnan(value), value, end)
        for who, category, start, end, registered, value in rows
        if who == person and start < until and registered < decided
        if table.known == "start" or end <= until
    )
    found = {}
    for group in (None, *table.groups):
        meant = [
            (start, category, value, min(end, until))
            for start, category, _, value, end in seen
            if group is None or CATEGORIES[category] in table.groups[group].categories
            if min(end, until) > until - longest
        ]
        prefix = "work_" if group is None else f"work_{group}_"
        for window in table.windows:
            since = until - 7 * window
            inside = [row for row in meant if row[3] > since]
            days = {d for s, _, _, e in inside for d in range(max(s, since), e)}
            valued = [
                (v, e - max(s, since)) for s, _, v, e in inside if not math.isnan(v)
            ]
            weight = sum(length for _, length in valued)
            named = [row for row in meant if CATEGORIES[row[1]]]
            changes = sum(
                after[1] != before[1] and after[0] >= since
                for before, after in pairwise(named)
            )
            found |= {
                f"{prefix}count_{window}": len(inside),
                f"{prefix}days_{window}": len(days),
                f"{prefix}weeks_{window}": len(days) / 7,
                f"{prefix}sum_{window}": sum(v for v, _ in valued),
                f"{prefix}mean_{window}": sum(v * n for v, n in valued) / weight
                if weight
                else math.nan,
                f"{prefix}changes_{window}": changes,
            }
        values = [row[2] for row in meant if not math.isnan(row[2])]
        ends = [row[3] for row in meant]
        found[f"{prefix}last"] = values[-1] if values else math.nan
        found[f"{prefix}since"] = (until - max(ends)) / 7 if ends else math.nan
    if table.absent_person == "unknown" and not seen:
        return dict.fromkeys(found, math.nan)
    return found


DAYS = st.integers(MONDAY - 120, MONDAY + 20)


@st.composite
def some_rows(draw, least=0):
    def a_row():
        start = draw(DAYS)
        length = draw(st.one_of(st.integers(1, 60), st.none()))
        end = OPEN_END if length is None else start + length
        stamp = draw(st.one_of(st.just(ALWAYS_KNOWN), DAYS))
        value = draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, math.nan]))
        who, category = draw(st.sampled_from("ab")), draw(st.sampled_from(CATEGORIES))
        return who, category, start, end, stamp, value

    rows = [a_row() for _ in range(draw(st.integers(least, 8)))]
    # Both doors sort rows before they index them (history/dated_tables.py).
    return sorted(rows, key=lambda row: (math.isnan(row[5]), row[5], row[3], row[4]))


TABLES = st.builds(
    employment,
    known=st.sampled_from(["start", "end"]),
    absent_person=st.sampled_from(["none", "unknown"]),
)


@pytest.mark.slow
@settings(max_examples=draws(30))
@given(table=TABLES, rows=some_rows(), day=st.integers(0, 6))
def test_features_are_those_of_sets_of_days(table, rows, day):
    found = computed(table, cases_of(("a", day), ("b", day)), index_of(rows))
    for place, person in enumerate("ab"):
        plain = plain_features(table, rows, person=person, decided=MONDAY + day)
        row = found.iloc[place]
        assert list(row.index) == [f.name for f in list_table_features(table)]
        np.testing.assert_allclose(
            row.to_numpy(), [plain[n] for n in row.index], rtol=1e-12, atol=1e-12
        )


@pytest.mark.slow
@settings(max_examples=draws(20))
@given(table=TABLES, rows=some_rows(), later=some_rows(least=1), day=st.integers(0, 6))
def test_a_row_registered_at_t0_or_after_changes_nothing(table, rows, later, day):
    """Whatever it says of the past; nor does a day the case may not see yet."""
    decided = MONDAY + day
    stamped = [(*row[:4], max(row[4], decided), row[5]) for row in later]
    unseen = MONDAY - 7 * table.register_lag_weeks
    ahead = [
        (who, what, max(start, unseen), OPEN_END, stamp, value)
        for who, what, start, _, stamp, value in later
    ]
    # An end that lies ahead may come to lie anywhere else ahead.
    moved = [
        (*row[:3], row[3] + 5 if unseen < row[3] < OPEN_END else row[3], *row[4:])
        for row in rows
    ]
    cases = cases_of(("a", day), ("b", day))
    known = computed(table, cases, index_of(rows)).to_numpy().tobytes()
    for future in (rows + stamped, rows + ahead, moved):
        told = computed(table, cases, index_of(future)).to_numpy().tobytes()
        assert told == known


def test_every_feature_would_show_a_row_that_may_be_seen():
    """Else the test above would say nothing about it."""
    table = employment()
    rows = [("a", "shop", MONDAY - 60, MONDAY - 50, ALWAYS_KNOWN, 2.0)]
    more = [
        ("a", "build", MONDAY - 40, MONDAY - 30, ALWAYS_KNOWN, 1.0),
        ("a", "ship", MONDAY - 20, MONDAY - 15, ALWAYS_KNOWN, 0.5),
        ("a", "build", MONDAY - 13, MONDAY - 8, ALWAYS_KNOWN, 3.0),
        ("a", "ship", MONDAY - 11, MONDAY - 8, ALWAYS_KNOWN, 4.0),
    ]
    cases = cases_of(("a", 0))
    before = computed(table, cases, index_of(rows)).iloc[0]
    after = computed(table, cases, index_of(rows + more)).iloc[0]
    same = [n for n in before.index if before[n] == after[n]]
    assert same == []


@pytest.mark.slow
@settings(max_examples=draws(8))
@given(rows=some_rows(least=3), day=st.integers(0, 6))
def test_a_case_alone_has_the_bits_it_has_among_others(rows, day):
    table, index = employment(), index_of(rows)
    cases = cases_of(("a", day), ("b", 3), ("a", 0), ("b", day))
    batch = computed(table, cases, index)
    for n in range(len(cases)):
        alone = computed(table, cases.iloc[[n]].reset_index(drop=True), index)
        assert alone.to_numpy().tobytes() == batch.iloc[[n]].to_numpy().tobytes()


def test_a_person_without_a_visible_row_has_nothing_or_is_unknown():
    rows = [("a", "shop", MONDAY - 30, MONDAY - 20, ALWAYS_KNOWN, 1.0)]
    cases = cases_of(("a", 0), ("b", 0))
    nothing = computed(employment(), cases, index_of(rows)).iloc[1]
    assert nothing["work_count_12"] == nothing["work_weeks_12"] == 0
    assert math.isnan(nothing["work_mean_12"])
    assert math.isnan(nothing["work_since"])
    table = employment(absent_person="unknown")
    assert computed(table, cases, index_of(rows)).iloc[1].isna().all()
    assert computed(table, cases, index_of(rows)).iloc[0]["work_count_12"] == 1
    seen = find_people_with_rows(table, cases, index_of(rows))
    assert seen.tolist() == [True, False]


def test_a_table_that_was_not_delivered_is_missing_throughout():
    cases = cases_of(("a", 0))
    assert computed(employment(), cases, None).isna().all(axis=None)


def test_features_stand_between_intake_and_history_under_one_reason():
    spec = small_site.specification(tables=(employment().model_dump(),))
    names = [f.name for f in list_features(spec)]
    mine = [f.name for f in list_table_features(spec.tables[0])]
    first = names.index(mine[0])
    assert names[first : first + len(mine)] == mine
    assert names[first - 1] == "colour"
    assert names[first + len(mine)] == "ill_weeks_4"
    reason = next(r for r in list_reasons(spec) if r.name == "table_work")
    assert list(reason.features) == mine
    features = {f.name: f for f in list_features(spec)}
    assert features["work_weeks_12"].monotone == "decreasing"
    assert features["work_since"].monotone == "increasing"
    assert features["work_changes_5"].monotone is None
    for language in ("da", "en"):
        t = TEXTS[language]
        last = t["labels"]["last_weeks"].format(window=12)
        assert "12" in last
        rows = spec.tables[0].label.in_language(language)
        weeks = t["tables"]["weeks"].format(rows=rows, last=last)
        assert features["work_weeks_12"].label.in_language(language) == weeks
    latest = t["tables"]["last"].format(rows="yard", value="degree", last=last)
    assert features["work_yard_last"].label.en == latest


def test_a_column_named_as_a_feature_of_a_table_is_refused():
    table = employment().model_dump() | {"name": "distance", "aggregates": ["last"]}
    columns = {n: c.model_dump() for n, c in small_site.specification().columns.items()}
    spec = small_site.specification(
        tables=(table,), columns=columns | {"distance_last": columns["distance"]}
    )
    with pytest.raises(SpecError, match=r"\['distance_last'\] have the name"):
        list_features(spec)


@pytest.mark.slow
def test_the_features_of_the_history_are_those_without_the_table():
    delivered = small_site.cases(20, seed=3)
    past = small_site.history(delivered, seed=3)
    spec = small_site.specification()
    plain = small_site.features_of(delivered, past, spec)
    more = small_site.features_of(
        delivered, past, small_site.specification(tables=(employment().model_dump(),))
    )
    pd.testing.assert_frame_equal(more[plain.columns], plain)
    assert build_features.__defaults__ == ({},)
