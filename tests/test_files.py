import pandas as pd

from riskscreen.files import fingerprint_file, fingerprint_table, write_json


def test_a_fingerprint_follows_values_and_names_and_not_the_order_of_rows():
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    same = fingerprint_table(table.copy())
    assert fingerprint_table(table) == same
    assert fingerprint_table(table.rename(columns={"a": "c"})) != same
    assert fingerprint_table(table.iloc[::-1]) == same
    assert fingerprint_table(table.assign(a=[1, 3])) != same


def test_json_is_written_sorted_and_hashes_the_same(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ø"})
    write_json(tmp_path / "b.json", {"a": "ø", "b": 1})
    assert fingerprint_file(tmp_path / "a.json") == fingerprint_file(
        tmp_path / "b.json"
    )
    assert "ø" in (tmp_path / "a.json").read_text("utf-8")
