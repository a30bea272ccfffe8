from pathlib import Path

import pytest

from riskscreen.spec import Specification, list_targets, read_specification
from riskscreen.spec.printed import format_specification

ROOT = Path(__file__).parents[2]
FILES = [ROOT / f"models/{target}.toml" for target in list_targets(ROOT / "models")]
FILES += sorted((ROOT / "examples").glob("*/*.toml"))


def read_again(spec, folder):
    path = folder / "printed.toml"
    path.write_text(format_specification(spec), encoding="utf-8")
    return read_specification(path)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_whole_is_read_as_the_same_specification(path, tmp_path):
    spec = read_specification(path)
    assert read_again(spec, tmp_path).fingerprint() == spec.fingerprint()


def test_what_is_printed_shares_nothing_and_holds_the_defaults():
    text = format_specification(read_specification(FILES[0]))
    assert "extends" not in text
    assert "from =" not in text
    assert "missing_share_at_most = 0.5" in text


def test_any_text_any_date_and_empty_lists_come_back(tmp_path):
    words = {"da": 'a "b" \\ \n \t \x7f \x01 æ 日本', "en": "# no = remark [x]"}
    plain = read_specification(FILES[0]).model_dump(by_alias=True)
    plain["title"] = words
    plain["history"]["windows"] = []
    plain["split"] |= {"train_until": "2024-01-01"}
    plain["audit"]["audit_age_band"]["merged"] = {
        "in_two": {"up to 39": ["under 30", "30-39"], "å": ["40-49", "50 and over"]}
    }
    routes = plain["population"]["routes"]
    routes[3]["when"] = {"column": "travel_km", "below": 1e-07}
    routes[4]["when"] = {"column": "travel_km", "is": [True, 1, 1.5, "1"]}
    spec = Specification.model_validate(plain)
    again = read_again(spec, tmp_path)
    assert again.fingerprint() == spec.fingerprint()
    assert again.title.da == words["da"]
    assert again.history.windows == ()
