import pandas as pd

from riskscreen.files import file_fingerprint, fingerprint, write_json


def test_a_fingerprint_follows_values_and_names_and_not_the_order_of_rows():
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    same = fingerprint(table.copy())
    assert fingerprint(table) == same
    assert fingerprint(table.rename(columns={"a": "c"})) != same
    assert fingerprint(table.iloc[::-1]) == same
    assert fingerprint(table.assign(a=[1, 3])) != same


def test_json_is_written_sorted_and_hashes_the_same(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ø"})
    write_json(tmp_path / "b.json", {"a": "ø", "b": 1})
    assert file_fingerprint(tmp_path / "a.json") == file_fingerprint(
        tmp_path / "b.json"
    )
    assert "ø" in (tmp_path / "a.json").read_text("utf-8")
