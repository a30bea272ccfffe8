from datetime import date

import pandas as pd
import pytest

from riskscreen.followup.waiting import (
    join_spells,
    measure_spells,
    measure_waiting,
    select_spells,
)
from riskscreen.readers.site import read_site
from riskscreen.rules.code_groups import read_shipped_code_table

TODAY = date(2024, 6, 30)


def spells(*rows):
    table = pd.DataFrame(rows, columns=["person_id", "start_date", "end_date"])
    dates = table[["start_date", "end_date"]].apply(pd.to_datetime)
    return table.assign(**dates)


def test_spells_less_than_four_weeks_apart_are_one():
    joined = join_spells(
        spells(
            ("a", "2024-01-01", "2024-02-01"),
            ("a", "2024-02-28", "2024-03-31"),  # 27 days later
            ("b", "2024-01-01", "2024-02-01"),
            ("b", "2024-02-29", None),  # 28 days later, and going on
            ("c", "2024-01-01", "2024-05-01"),
            ("c", "2024-02-01", "2024-03-01"),  # inside the other
        )
    )
    assert joined["person_id"].tolist() == ["a", "b", "b", "c"]
    assert joined["end_date"].isna().tolist() == [False, False, True, False]
    assert joined["end_date"].iloc[3] == pd.Timestamp("2024-05-01")


def test_lengths_are_of_those_on_it_now_and_of_those_who_left_within_the_year():
    rows = [(f"n{n}", "2024-01-08", None) for n in range(10)]  # 24.9 weeks so far
    rows += [(f"m{n}", "2023-10-01", None) for n in range(10)]  # 39
    rows += [(f"l{n}", "2023-01-01", "2023-12-31") for n in range(12)]  # 52, left
    rows += [("old", "2020-01-01", "2021-01-01")]  # long ago
    found = measure_spells(spells(*rows), extract_date=TODAY)
    assert found.now.to_json()["all"] == {
        "under_26": 10, "26_to_52": 10, "over_52": 0, "of": 20,
    }  # fmt: skip
    assert found.median_now == pytest.approx((24.857 + 39) / 2, abs=0.01)
    assert found.left.find(None, "over_52") == 12
    assert found.mean_left == pytest.approx(52)


def test_of_few_no_median_is_told():
    found = measure_spells(spells(("a", "2024-01-08", None)), extract_date=TODAY)
    assert found.now.total == "hidden"
    assert found.median_now is None


def test_a_code_counts_by_what_it_meant_when_the_spell_began():
    codes = read_shipped_code_table()
    table = spells(("a", "2024-01-08", None), ("b", "2024-01-08", None))
    kept = select_spells(table.assign(code=["0740", "111"]), codes)
    assert kept["person_id"].tolist() == ["a"]


@pytest.mark.slow
def test_a_sites_history_is_read_and_without_one_nothing_is_known(tmp_path):
    (tmp_path / "site.toml").write_text("extract_date = 2024-06-30\n", "utf-8")
    site = read_site(tmp_path)
    assert measure_waiting(site) is None
    rows = [f"P{n};740;2024-01-08;\n" for n in range(10)]
    rows += [f"Q{n};111;2024-01-08;\n" for n in range(10)]
    (tmp_path / "history.csv").write_text(
        "".join(["person_id;code;start_date;end_date\n", *rows]), "utf-8"
    )
    assert measure_waiting(site).now.find(None, "under_26") == 10
