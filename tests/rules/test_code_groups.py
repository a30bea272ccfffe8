import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.rules.code_groups import (
    locate_codes,
    parse_code_table,
    read_code_table,
    read_shipped_code_table,
)
from riskscreen.rules.states import OTHER_SUPPORT

# What two public copies of an older list label (a last digit is the activity), and
# which codes stand in one of them alone, or in none.
ACTIVE = (0, *range(3, 9))
LISTED = {
    "selvforsoergelse": [121, 122, 123],  # holiday benefit of who has worked
    "dagpenge": [
        *(111, 112, 113, 114, 124, 125, 126),
        *(211, *range(213, 220), 231, 232, 299),
    ],
    "dagpenge_forlaenget": [151, 152, 153],
    "kontanthjaelp": [
        *(130, 131, *range(133, 140)),
        *(730, 731, *range(733, 740)),
    ],
    "uddannelseshjaelp": [
        *(140, *range(143, 150)),
        *(720, *range(723, 730)),
    ],
    "integration": [
        *(160, *range(163, 170)),
        *(700, *range(703, 710)),
        *(710, *range(713, 720)),
    ],
    "orlov": [412, 413],
    "stoettet_job": [511, 521, 522],
    "overgangsydelse": [611],
    "efterloen": [621],
    "fleksydelse": [622],
    "su": [651, 652],
    "svu": [661],
    "ledighedsydelse": [740, 741, *range(743, 749)],
    "revalidering": [*(750 + n for n in ACTIVE), *(760 + n for n in ACTIVE)],
    "fleksjob": [771],
    "sygedagpenge_fleksjob": [774],
    "foertidspension": [781, 783],
    "jobafklaring": [785, *(870 + n for n in ACTIVE)],
    "ressourceforloeb": [810 + n for n in ACTIVE],
    "barsel": [881],
    "sygedagpenge": [*(890 + n for n in ACTIVE), 899],
    "udvandret": [997],
    "folkepension": [998],
    "doed": [999],
}
ONE_LIST = {
    *(153, 160, *range(163, 170), 219, 232, 785),
    *(870 + n for n in ACTIVE),
}
NO_SOURCE = {
    "dagpenge": [115, 116, 117, 118],
    "kontanthjaelp": [132, 732],
    "uddannelseshjaelp": [141, 142],
    "ledighedsydelse": [742],
    "fleksjob": [775],
    "jobafklaring": [871, 872],
    "sygedagpenge": [891, 892],
}


def table(*rows):
    """A code table of (code, group, valid_from, valid_to) rows."""
    lines = (
        ",".join("" if c is None else str(c).removesuffix(" 00:00:00") for c in row)
        for row in rows
    )
    text = "\n".join(["code,group,valid_from,valid_to", *lines])
    return parse_code_table(text, name="a test")


def shipped_by_code():
    return read_shipped_code_table().rows.set_index("code")


def test_every_listed_code_has_a_row_in_its_group_marked_by_how_many_lists_have_it():
    expected = {
        str(code): (group, "one_list" if code in ONE_LIST else "two_lists")
        for group, codes in LISTED.items()
        for code in codes
    } | {
        str(code): (group, "no_source")
        for group, codes in NO_SOURCE.items()
        for code in codes
    }
    rows = read_shipped_code_table().rows
    found = zip(
        rows["code"], zip(rows["group"], rows["mark"], strict=True), strict=True
    )
    assert dict(found) == expected
    assert sum(map(len, LISTED.values())) == 146  # 115 and 775 have no label anywhere


def test_no_shipped_row_lacks_a_source_a_mark_or_words_and_none_is_confirmed():
    rows = read_shipped_code_table().rows
    for column in ("source", "da", "en"):
        assert rows[column].str.len().min() >= 3, column
    assert not rows["source"].str.startswith("the file ").any()
    assert set(rows["mark"]) == {"two_lists", "one_list", "no_source"}
    assert (rows["checked_on"].isna() == (rows["mark"] == "no_source")).all()


def test_no_shipped_code_ends_on_a_day_that_is_only_planned():
    assert read_shipped_code_table().rows["valid_to"].isna().all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("codes", "activation"),
    [
        (["890", "130", "700", "870"], "passive"),
        (["131", "213", "893"], "guidance"),
        (["144", "231", "764"], "education"),
        (["735", "736", "215"], "wage_subsidy"),
        (["747", "748", "817"], "workplace_training"),
        (["139", "729", "219"], "community_work"),
        (["111", "299", "774", "783", "785", "881", "899", "997", "892"], ""),
    ],
)
def test_the_last_digit_of_a_family_of_codes_is_its_activation(codes, activation):
    assert shipped_by_code().loc[codes, "activation"].eq(activation).all()


def test_the_shipped_table_covers_every_group_and_other_support_is_in_any_table():
    assert set(read_shipped_code_table().groups) == {*LISTED, OTHER_SUPPORT}
    assert table(("7", "a", None, None)).groups == ("a", OTHER_SUPPORT)


def test_few_codes_are_located_as_many_are():
    codes = table(("890", "a", None, None), ("7", "b", None, None))
    dressed = pd.Series(["890", " 0890 ", "7.0", "07", "0", "", "00", "x", "890.5"])
    few = locate_codes(dressed, codes)
    assert few.tolist() == [1, 1, 0, 0, -1, -1, -1, -1, -1]
    many = locate_codes(pd.concat([dressed] * 5), codes)
    assert many.tolist() == few.tolist() * 5


@pytest.mark.slow
def test_a_sites_file_replaces_the_rows_of_its_codes(tmp_path):
    path = tmp_path / "code_groups.csv"
    path.write_text("code;group\n890;su\n4711;fleksjob\n", "utf-8")
    site = read_code_table(path, onto=read_shipped_code_table()).rows.set_index("code")
    assert site.loc["890", "group"] == "su"
    assert site.loc["890", "mark"] == "no_source"
    assert site.loc["890", "activation"] == ""
    assert site.loc["4711", "source"] == "the file code_groups.csv"
    assert site.loc["893", "group"] == "sygedagpenge"


def test_899_is_sickness_benefit_of_who_is_partly_recovered():
    shipped = read_shipped_code_table()
    partly = "sygedagpenge:partly_recovered"
    assert {*shipped.states} - {*shipped.groups} == {partly}
    assert shipped.rows.set_index("code").loc["899", "group"] == "sygedagpenge"
    named = dict(zip(shipped.spell_states, shipped.group_of_state, strict=True))
    assert shipped.groups[named[partly]] == "sygedagpenge"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("code,group,mark\n899,sygedagpenge,confirmed\n", "partly_recovered"),
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


@pytest.mark.slow
def test_a_sites_row_of_the_same_group_keeps_activation_and_words(tmp_path):
    path = tmp_path / "code_groups.csv"
    path.write_text(
        "code,group,mark,da\n897,sygedagpenge,confirmed,egne ord\n", "utf-8"
    )
    row = read_code_table(path, onto=read_shipped_code_table()).rows
    row = row.set_index("code").loc["897"]
    assert (row["activation"], row["mark"], row["da"]) == (
        "workplace_training",
        "confirmed",
        "egne ord",
    )
    assert row["en"] == shipped_by_code().loc["897", "en"]


@pytest.mark.slow
def test_a_table_survives_its_own_csv(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(read_shipped_code_table().to_csv_text(), "utf-8")
    again = read_code_table(path)
    assert again.to_csv_text() == read_shipped_code_table().to_csv_text()
    pd.testing.assert_frame_equal(again.rows, read_shipped_code_table().rows)


def test_a_missing_or_unreadable_table_is_a_file_error(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_code_table(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("code,group\n1,sø\n".encode("latin-1"))
    with pytest.raises(FileError, match="UTF-8"):
        read_code_table(tmp_path / "latin.csv")
