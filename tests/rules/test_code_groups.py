import re

import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.rules.code_groups import (
    CodeTable,
    normalise_codes,
    read_code_table,
    read_shipped_code_table,
)
from riskscreen.rules.states import OTHER_SUPPORT

VERIFIED = {
    "revalidering": [750, *range(753, 759), 760, *range(763, 769)],
    "fleksjob": [771, 775],
    "foertidspension": [781, 783],
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
    *("dagpenge_forlaenget", "integration", "orlov", "stoettet_job"),
    "overgangsydelse",
}
# What two public copies of an older list label, or one of them (their family's digits:
# 0 passive, 3 guidance ... 8 workplace training, 9 nytteindsats).
FROM_LISTS = {
    "selvforsoergelse": [122, 123],  # holiday pay of who has worked
    "dagpenge": [*(124, 125, 126), 211, *range(213, 220), *(231, 232, 299)],
    "dagpenge_forlaenget": [151, 152, 153],
    "integration": [
        *(160, *range(163, 170)),
        *(700, *range(703, 710)),
        *(710, *range(713, 720)),
    ],
    "orlov": [412, 413],
    "stoettet_job": [511, 521, 522],
    "overgangsydelse": [611],
    "uddannelseshjaelp": [720, *range(723, 730)],
    "jobafklaring": [785],
    "fleksjob": [774],
    "efterloen": [622],
}
ONE_LIST = {153, 160, *range(163, 170), 219, 232, 785}


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


def test_the_shipped_table_marks_exactly_what_a_public_table_or_code_says():
    rows = read_shipped_code_table().rows
    verified = rows[rows["verified"]]
    found = {g: sorted(map(int, part["code"])) for g, part in verified.groupby("group")}
    assert found == VERIFIED


def test_the_shipped_table_covers_every_group_and_other_support_is_in_any_table():
    assert set(read_shipped_code_table().groups) == GROUPS | {OTHER_SUPPORT}
    assert table(("7", "a", None, None)).groups == ("a", OTHER_SUPPORT)


def test_what_stands_in_copies_of_an_older_list_has_the_group_of_its_label():
    rows = read_shipped_code_table().rows
    listed = rows[rows["source"].str.contains("of an older list \\(")]
    found = {g: sorted(map(int, part["code"])) for g, part in listed.groupby("group")}
    assert found == FROM_LISTS
    one = listed[listed["source"].str.startswith("one ")]
    assert set(map(int, one["code"])) == ONE_LIST
    assert listed["valid_from"].isna().all()
    assert listed["valid_to"].isna().all()


def test_every_shipped_row_names_its_source_and_memory_and_lists_verify_nothing():
    rows = read_shipped_code_table().rows
    begins = ("from memory, unverified", "two public copies ", "one public copy ")
    assert (rows["source"].str.len() > 0).all()
    assert (rows["source"].str.startswith(begins) == ~rows["verified"]).all()


def test_codes_are_read_whatever_their_dress():
    dressed = pd.Series(["890", " 890 ", "890.0", "0890", "0", "x"])
    assert normalise_codes(dressed).tolist() == ["890", "890", "890", "890", "0", "x"]


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


@pytest.mark.parametrize(
    "text", ["code,group\n890,a\rb\n", f'code,group\n1,"{"x" * 140_000}"\n']
)
def test_a_code_table_that_is_no_csv_is_refused(tmp_path, text):
    (tmp_path / "codes.csv").write_bytes(text.encode())
    with pytest.raises(FileError, match="as CSV"):
        read_code_table(tmp_path / "codes.csv")
