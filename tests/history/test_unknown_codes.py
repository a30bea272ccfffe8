from datetime import date

import pandas as pd
import pytest

from riskscreen.array_tables import ArrayTable
from riskscreen.errors import UnknownCodesError
from riskscreen.history.unknown_codes import (
    CodeHolders,
    QuarterSurvey,
    add_up_quarters,
    describe_unknown,
    judge_quarter,
)
from tests import small_site

SPEC = small_site.specification()
UNTIL = date(2025, 1, 6)
"""The day after the quarter, which begins on Monday 7 October 2024."""


def test_words_about_unknown_codes_name_none_of_few_persons_and_no_text():
    unknown = pd.DataFrame(
        {
            "code": ["4711", "4712", "Kaj, Storegade 4"],
            "n_rows": [5, 12, 40],
            "n_persons": [5, 4, 9],
        }
    )
    words = describe_unknown(unknown, file="history.parquet")
    assert "4711 (5 rows)" in words
    assert "4712" not in words
    assert "Kaj" not in words
    assert "2 not shown" in words
    assert "(52 rows)" in words


def spells(*rows):
    table = pd.DataFrame(rows, columns=["person_id", "code", "start_date", "end_date"])
    days = {n: pd.to_datetime(table[n]) for n in ("start_date", "end_date")}
    return table.assign(**days).astype({"person_id": "str", "code": "str"})


def quarter_of(*parts):
    survey = QuarterSurvey(small_site.code_table(), UNTIL)
    for part in parts:
        survey.add(ArrayTable.of_frame(part))
    return survey.close()


def everybody(n, *, unknown):
    """*n* people all the quarter on a benefit, *unknown* of them on an unknown code."""
    codes = ["4711"] * unknown + ["300"] * (n - unknown)
    return spells(
        *((f"p{i}", code, "2024-01-01", None) for i, code in enumerate(codes))
    )


def test_only_the_weeks_within_the_quarter_are_counted_whoever_has_them():
    rows = [
        ("ada", "300", "2020-01-06", "2024-10-21"),  # two of its weeks
        ("ada", "4711", "2024-10-21", "2024-11-04"),
        ("bo", "4711", "2020-01-06", "2024-10-07"),  # over before it
        ("cy", "4711", "2024-12-30", None),  # a week, and it goes on
        ("dan", "300", "2025-01-06", None),  # begins after it
    ]
    found = quarter_of(spells(*rows[:2]), spells(*rows[2:]))
    assert (found.weeks, found.unknown_weeks, found.persons) == (5, 3, 2)
    assert found.share == 0.6
    assert found.codes.to_dict("records") == [
        {"code": "4711", "n_rows": 2, "n_persons": 2, "weeks": 3.0}
    ]


@pytest.mark.slow
def test_quarters_of_other_people_add_up_to_the_quarter_of_all():
    rows = [
        *((f"p{n}", "4711", "2024-10-07", None) for n in range(7)),
        ("ada", "4712", "2024-10-21", "2024-11-04"),
        ("bo", "300", "2020-01-06", None),
    ]
    whole = quarter_of(spells(*rows))
    added = add_up_quarters(
        [quarter_of(spells(*rows[:3])), quarter_of(spells(*rows[3:]))]
    )
    assert added.weeks == pytest.approx(whole.weeks)
    assert added.unknown_weeks == pytest.approx(whole.unknown_weeks)
    assert added.persons == whole.persons == 9
    pd.testing.assert_frame_equal(added.codes, whole.codes)
    assert add_up_quarters([]) is None


@pytest.mark.slow
def test_of_few_weeks_on_unknown_codes_neither_number_nor_share_is_told():
    few = spells(("ada", "4711", "2024-12-23", None), ("bo", "300", "2020-01-06", None))
    many = spells(
        ("ada", "4711", "2020-01-06", None), ("bo", "300", "2020-01-06", None)
    )
    assert "50.0%" in quarter_of(many).describe(file="history.csv")
    words = quarter_of(few).describe(file="history.csv")
    assert "fewer than 5 of" in words
    assert "%" not in words


def test_each_code_that_may_be_named_has_its_share_of_the_quarters_weeks():
    by_code = {"4711": 6, "4712": 14, "300": 180}
    people = [code for code, n in by_code.items() for _ in range(n)]
    rows = [(f"p{i}", code, "2024-01-01", None) for i, code in enumerate(people)]
    found = quarter_of(spells(*rows[:100]), spells(*rows[100:]))
    assert found.list_shares() == pytest.approx({"4711": 0.03, "4712": 0.07})
    assert found.codes["weeks"].sum() == found.unknown_weeks == 20 * 13


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beside", "told"),
    [
        # Of one person's whole quarter on another code no share is told, nor its name.
        (("rare", "4712", "2024-01-01", None), {"4711"}),
        # Its last week would follow from the number of all weeks and the shares.
        (("rare", "4712", "2024-12-30", None), set()),
    ],
)
def test_a_share_that_would_give_away_few_weeks_is_not_told(beside, told):
    found = quarter_of(everybody(200, unknown=20), spells(beside))
    assert set(found.list_shares()) == told
    assert quarter_of(everybody(99, unknown=20)).list_shares() == {}


def test_a_quarter_without_an_unknown_code_names_none():
    found = quarter_of(everybody(200, unknown=0))
    assert (found.share, found.list_shares()) == (0.0, {})


def test_an_empty_history_has_no_share():
    assert quarter_of(spells()).share == 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unknown", "accepted", "what"),
    [
        (0, False, "nothing"),
        (1, False, "nothing"),  # 1 of 250 is below 0.5 %
        (2, False, "warned"),
        (12, False, "warned"),
        (13, False, "refused"),  # 5.2 %
        (13, True, "warned"),
    ],
)
def test_a_run_warns_from_one_bound_and_stops_from_the_other(unknown, accepted, what):
    quarter = quarter_of(everybody(250, unknown=unknown))
    if what == "refused":
        with pytest.raises(UnknownCodesError) as refused:
            judge_quarter(SPEC, quarter, file="history.csv", accepted=accepted)
        words = str(refused.value)
        for part in (
            "history.csv: 169 of the 3,250 weeks",
            "5.2%",
            "4711 (13 rows, 5.2% of the weeks)",
            "code_groups.csv",
            "--accept-unknown-codes",
            "delivery.unknown_codes_refused_at",
        ):
            assert part in words
        assert refused.value.exit_code == 22
        return
    warning = judge_quarter(SPEC, quarter, file="history.csv", accepted=accepted)
    assert (warning is not None) == (what == "warned")
    if warning:
        assert "other public support" in warning
        assert ("4711" in warning) == (unknown >= 5)


def test_of_few_people_nothing_is_asked():
    quarter = quarter_of(everybody(99, unknown=99))
    assert judge_quarter(SPEC, quarter, file="h", accepted=False) is None
    assert judge_quarter(SPEC, None, file="h", accepted=False) is None


def test_a_specification_sets_its_own_bounds():
    strict = small_site.specification(
        delivery={"unknown_codes_warned_at": 0.0, "unknown_codes_refused_at": 0.004}
    )
    quarter = quarter_of(everybody(250, unknown=1))
    with pytest.raises(UnknownCodesError, match="1 not shown"):
        judge_quarter(strict, quarter, file="h", accepted=False)


def test_holders_of_a_code_are_counted_no_further_than_is_needed_to_show_it():
    holders = CodeHolders()
    for n in range(8):
        holders.add(pd.Series(["4711", "12"]), pd.Series([f"p{n}", "ada"]))
    assert holders.list_shown() == ["4711"]
    assert holders.tabulate().to_dict("records") == [
        {"code": "12", "n_rows": 8, "n_persons": 1},
        {"code": "4711", "n_rows": 8, "n_persons": 5},
    ]


def test_nobody_with_an_unknown_code_makes_a_table_of_its_own_each_time():
    one, other = (CodeHolders().tabulate() for _ in range(2))
    one["weeks"] = 1.0
    assert list(other) == ["code", "n_rows", "n_persons"]
    assert CodeHolders().tabulate().empty
