import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import FileError, TableError
from riskscreen.rules.code_groups import (
    CodeTable,
    normalise_codes,
    read_code_table,
    read_shipped_code_table,
)
from riskscreen.rules.states import OTHER_SUPPORT
from tests.grouped import group_history

VERIFIED = {
    "revalidering": [750, *range(753, 759), 760, *range(763, 769)],
    "fleksjob": [771, 775],
    "foertidspension": [781, 783, 785],
    "ressourceforloeb": [810, *range(813, 819)],
    "sygedagpenge": [890, 893],
    "barsel": [881],
    "su": [651, 652, 661],
    "selvforsoergelse": [121],
    "udvandret": [997],
    "folkepension": [998],
    "doed": [999],
}
GROUPS = {
    *VERIFIED,
    *("jobafklaring", "ledighedsydelse", "kontanthjaelp", "uddannelseshjaelp"),
    *("dagpenge", "efterloen"),
}


def table(*rows):
    """A code table of (code, group, valid_from, valid_to) rows."""
    frame = pd.DataFrame(rows, columns=["code", "group", "valid_from", "valid_to"])
    return CodeTable(
        frame.assign(
            code=frame["code"].astype("str"),
            group=frame["group"].astype("str"),
            attribute="",
            valid_from=pd.to_datetime(frame["valid_from"]),
            valid_to=pd.to_datetime(frame["valid_to"]),
            source="a test",
            verified=True,
        )
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


def test_the_shipped_table_marks_exactly_what_a_public_table_or_code_says():
    rows = read_shipped_code_table().rows
    verified = rows[rows["verified"]]
    found = {g: sorted(map(int, part["code"])) for g, part in verified.groupby("group")}
    assert found == VERIFIED


def test_the_shipped_table_covers_every_group_and_other_support_is_in_any_table():
    assert set(read_shipped_code_table().groups) == GROUPS | {OTHER_SUPPORT}
    assert table(("7", "a", None, None)).groups == ("a", OTHER_SUPPORT)


def test_every_shipped_row_names_its_source_and_memory_is_never_verified():
    rows = read_shipped_code_table().rows
    from_memory = rows["source"].str.startswith("from memory, unverified")
    assert (rows["source"].str.len() > 0).all()
    assert (from_memory == ~rows["verified"]).all()


def test_a_reform_is_a_date_in_the_table():
    spells = history(
        ("ada", "870", "2014-06-02", "2014-06-30"),  # before there was such a benefit
        ("bo", "870", "2014-06-30", "2014-07-28"),  # the reform's own week: a Tuesday
        ("eva", "870", "2026-06-01", "2027-06-07"),  # runs past the announced end
        ("ib", "870", "2026-06-01", None),
    )
    found = group_history(spells, read_shipped_code_table())
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
    by_2026 = group_history(spells, read_shipped_code_table(), until=date(2026, 12, 31))
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
    found = group_history(spells, read_shipped_code_table())
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
    found = group_history(spells, read_shipped_code_table()).spells
    assert found["registered_on"].tolist() == spells["registered_on"].tolist()
    assert found["verified"].tolist() == [True, False]


def test_no_rows_give_no_rows():
    found = group_history(history(), read_shipped_code_table())
    assert found.spells.empty
    assert found.unknown.empty


def test_codes_are_read_whatever_their_dress():
    dressed = pd.Series(["890", " 890 ", "890.0", "0890", "0", "x"])
    assert normalise_codes(dressed).tolist() == ["890", "890", "890", "890", "0", "x"]


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
@settings(max_examples=60, deadline=None)
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


def test_a_sites_file_replaces_the_rows_of_its_codes(tmp_path):
    path = tmp_path / "code_groups.csv"
    path.write_text("code;group\n890;su\n4711;fleksjob\n", "utf-8")
    site = read_code_table(path, onto=read_shipped_code_table()).rows.set_index("code")
    assert site.loc["890", "group"] == "su"
    assert not site.loc["890", "verified"]
    assert site.loc["4711", "source"] == "the file code_groups.csv"
    assert site.loc["893", "group"] == "sygedagpenge"


def test_899_is_sickness_benefit_of_who_is_partly_recovered():
    shipped = read_shipped_code_table()
    partly = "sygedagpenge:partly_recovered"
    assert {*shipped.states} - {*shipped.groups} == {partly}
    assert shipped.rows.set_index("code").loc["899", "group"] == "sygedagpenge"
    named = dict(zip(shipped.states, shipped.group_of_state, strict=True))
    assert shipped.groups[named[partly]] == "sygedagpenge"


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("code,group,verified\n899,sygedagpenge,true\n", "partly_recovered"),
        ("code,group\n899,fleksjob\n", ""),
        ("code;attribute;group\n899;;sygedagpenge\n", ""),
        ("code,group,attribute\n899,sygedagpenge,nearly_well\n", "nearly_well"),
    ],
)
def test_a_site_that_confirms_899_keeps_its_attribute_unless_it_says_another(
    tmp_path, text, attribute
):
    path = tmp_path / "code_groups.csv"
    path.write_text(text, "utf-8")
    site = read_code_table(path, onto=read_shipped_code_table()).rows.set_index("code")
    assert site.loc["899", "attribute"] == attribute


def test_a_table_survives_its_own_csv(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(read_shipped_code_table().to_csv_text(), "utf-8")
    again = read_code_table(path)
    assert again.fingerprint() == read_shipped_code_table().fingerprint()
    pd.testing.assert_frame_equal(again.rows, read_shipped_code_table().rows)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("kode,gruppe\n1,a\n", FileError, "no columns named code and group"),
        ("", FileError, "no columns named code and group"),
        ("code,group\n1,Not A Name\n", TableError, "lower-case"),
        ("code,group,attribute\n1,a,Not A Name\n", TableError, "an attribute is"),
        ("code,group\n,a\n", TableError, "no code"),
        ("code,group\n1,a\n1,b\n", TableError, "overlap"),
        ("code,group,valid_from\n1,a,01-02-2020\n", TableError, "YYYY-MM-DD"),
        ("code,group,verified\n1,a,maybe\n", TableError, "true or false"),
        (
            "code,group,valid_from,valid_to\n1,a,2020-01-02,2020-01-02\n",
            TableError,
            "not after",
        ),
        (
            "code,group,valid_from,valid_to\n1,a,,2020-02-01\n1,b,2020-01-01,\n",
            TableError,
            "overlap",
        ),
    ],
)
def test_a_broken_table_is_refused_with_its_rule(tmp_path, text, error, says):
    path = tmp_path / "code_groups.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(error, match=re.escape(says)):
        read_code_table(path)


def test_a_missing_or_unreadable_table_is_a_file_error(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_code_table(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("code,group\n1,sø\n".encode("latin-1"))
    with pytest.raises(FileError, match="UTF-8"):
        read_code_table(tmp_path / "latin.csv")


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


@pytest.mark.parametrize(
    "text", ["code,group\n890,a\rb\n", f'code,group\n1,"{"x" * 140_000}"\n']
)
def test_a_code_table_that_is_no_csv_is_refused(tmp_path, text):
    (tmp_path / "codes.csv").write_bytes(text.encode())
    with pytest.raises(FileError, match="as CSV"):
        read_code_table(tmp_path / "codes.csv")
