from datetime import date

import pandas as pd
import pytest

from riskscreen.rules.code_groups import parse_code_table, read_shipped_code_table
from riskscreen.rules.model_codes import read_model_codes, select_meaning

TABLE = """code,group,attribute,valid_from,valid_to,da,source,mark,checked_on
7,ill,,,2020-01-01,syg,a list,{mark},{day}
7,course,,2020-01-01,{end},forløb,a list,{mark},{day}
8,ill,partly,,,delvist,{source},no_source,
{more}"""


def meaning(*, mark="two_lists", day="", end="", source="a list", more=""):
    text = TABLE.format(mark=mark, day=day, end=end, source=source, more=more)
    return select_meaning(parse_code_table(text, name="x"), until=date(2026, 1, 5))


def test_a_model_keeps_code_group_and_validity_and_nothing_else():
    assert meaning().splitlines() == [
        "code,group,attribute,valid_from,valid_to",
        "7,ill,,,2020-01-01",
        "7,course,,2020-01-01,",
        "8,ill,partly,,",
    ]


@pytest.mark.slow
def test_who_has_checked_sources_and_later_codes_make_no_other_model():
    confirmed = meaning(mark="confirmed", day="2026-01-01", source="our own list")
    assert confirmed == meaning()
    later = "7,other,,2027-01-01,,andet,a list,two_lists,\n9,ill,,2026-02-01,,,,,\n"
    assert meaning(end="2027-01-01", more=later) == meaning()


@pytest.mark.slow
def test_another_group_or_an_end_before_the_extract_makes_another_model():
    assert meaning(end="2025-12-29") != meaning()
    assert meaning(more="9,ill,,2025-12-29,,,,,\n") != meaning()


@pytest.mark.slow
def test_a_run_reads_marks_words_and_later_codes_from_the_shipped_table():
    own = "code,group\n899,sygedagpenge\n4711,sygedagpenge\n751,fleksjob\n"
    rows = read_model_codes(own).rows.set_index("code")
    shipped = read_shipped_code_table().rows.set_index("code")
    assert rows.loc["899", "mark"] == "two_lists"
    assert rows.loc["899", "da"] == shipped.loc["899", "da"]
    assert rows.loc["899", "attribute"] == ""  # its meaning is the model's own
    assert rows.loc["4711", "mark"] == "no_source"
    assert rows.loc["751", "group"] == "fleksjob"
    assert rows.loc["890", "group"] == "sygedagpenge"
    assert set(rows["group"]) == {"sygedagpenge", "fleksjob"}


def test_a_model_that_says_its_own_marks_keeps_them():
    own = "code,group,mark\n890,sygedagpenge,confirmed\n"
    rows = read_model_codes(own).rows.set_index("code")
    assert rows.loc["890", "mark"] == "confirmed"


@pytest.mark.slow
def test_the_shipped_table_comes_back_whole_from_what_a_model_keeps():
    shipped = read_shipped_code_table()
    for activation in (False, True):
        kept = select_meaning(shipped, until=date(2026, 1, 5), activation=activation)
        assert ("activation" in kept) == activation
        pd.testing.assert_frame_equal(read_model_codes(kept).rows, shipped.rows)
