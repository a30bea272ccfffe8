from pathlib import Path

import pytest
from pydantic import ValidationError

from riskscreen.spec import read_specification
from riskscreen.spec.printed import format_specification
from tests.small_site import WORK, specification, words

MODELS = Path(__file__).parents[2] / "models"


def faults_of(**changes):
    with pytest.raises(ValidationError) as failed:
        specification(tables=[{**WORK, **changes}])
    return {
        ".".join(map(str, error["loc"])): error["msg"]
        for error in failed.value.errors()
    }


def test_keys_that_contradict_each_other_are_told():
    assert faults_of(windows=[4, 4])["tables.0.windows"].startswith("a number of weeks")
    assert faults_of(aggregates=["since", "since"])["tables.0.aggregates"].startswith(
        "each once"
    )
    assert faults_of(value=None)["tables.0.aggregates"] == (
        "mean needs [tables.value]; add it"
    )
    assert "category = true" in faults_of(category=False)["tables.0.aggregates"]
    group = {"yard": {"categories": ["a"], "label": words("yard")}}
    assert "tables.0.groups" in faults_of(
        category=False, aggregates=["weeks"], groups=group
    )
    assert "tables.0.known" in faults_of(rows="dates")
    unit = {"label": words("degree"), "unit": "furlongs"}
    assert "tables.0.value.unit" in faults_of(value=unit)
    assert "tables.work.idea" in faults_of(idea="nowhere")


@pytest.mark.parametrize("name", ["history", "efforts"])
def test_no_feature_is_read_from_history_or_efforts_as_from_a_further_table(name):
    assert faults_of(name=name)["tables.0.name"].startswith(name)


def test_a_table_has_a_name_of_its_own_and_needs_dates():
    with pytest.raises(ValidationError, match="'work' is declared twice"):
        specification(tables=[WORK, WORK])
    periods = {"column": "period", "train_periods": [1], "test_periods": [2]}
    with pytest.raises(ValidationError, match="need dates"):
        specification(tables=[WORK], split=periods, history=None)


@pytest.mark.slow
def test_the_months_of_employment_that_ship_can_be_taken_by_a_target(tmp_path):
    for path in MODELS.glob("_*.toml"):
        (tmp_path / path.name).write_text(path.read_text())
    text = (MODELS / "long_absence.toml").read_text()
    bases = '["_every_target", "_sick_listed"'
    assert bases in text
    own = tmp_path / "long_absence.toml"
    own.write_text(text.replace(bases, f'{bases}, "_employment"'))
    table = read_specification(own).tables[0]
    assert table.name == "employment"
    assert table.list_columns() == (
        "person_id",
        "start_date",
        "end_date",
        "value",
        "category",
    )
    printed = tmp_path / "printed.toml"
    printed.write_text(format_specification(read_specification(own)))
    assert read_specification(printed) == read_specification(own)
