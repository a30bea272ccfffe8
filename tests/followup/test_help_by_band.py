import pandas as pd

from riskscreen.followup.bands import find_bands, read_bands
from riskscreen.followup.help_by_band import ANY_KIND, count_help_by_band


def test_help_is_counted_by_band_once_a_case_and_kind():
    bands = ["first"] * 20 + ["usual"] * 20 + ["none"] * 10
    by_case = pd.Series(bands, [f"c{n}" for n in range(50)])
    cases = (
        [f"c{n}" for n in range(10)] + ["c0", "c1"] + [f"c{n}" for n in range(20, 35)]
    )
    kinds = ["Fønix"] * 12 + ["mentor"] * 15
    efforts = pd.DataFrame({"case_id": cases, "kind": kinds})
    found = count_help_by_band(efforts, by_case)
    assert list(found) == [ANY_KIND, "Fønix", "mentor"]
    assert found["Fønix"].find("first", "got") == 10
    assert found["mentor"].find("usual", "got") == 15
    assert found["mentor"].find("first", "got") == 0
    assert found["mentor"].total == 50


def test_a_kind_that_few_got_is_not_named_nor_the_one_that_leaves_them_by_subtraction():
    by_case = pd.Series(["first"] * 40, [f"c{n}" for n in range(40)])
    cases = [f"c{n}" for n in range(23)]
    efforts = pd.DataFrame({"case_id": cases, "kind": ["Fønix"] * 20 + ["x"] * 3})
    found = count_help_by_band(efforts, by_case)
    assert list(found) == [ANY_KIND]
    assert found[ANY_KIND].find("first", "got") == 23


def test_bands_are_read_of_a_run_and_who_has_none_is_told_apart(tmp_path):
    scores = pd.DataFrame(
        {"case_id": ["a", "b", "c"], "band": ["first", None, "usual"], "risk": 0.5}
    )
    scores.to_parquet(tmp_path / "scores.parquet")
    bands = read_bands(tmp_path)
    of = find_bands(pd.Series(["a", "b", "c", "d"]), bands.by_case)
    assert of.tolist() == ["first", "none", "usual", "none"]
