"""Every skeleton is a specification without a fault, whose words are marked."""

from dataclasses import replace

import pytest

from riskscreen.documents.targets.skeleton import BASES, POPULATIONS, format_skeleton
from riskscreen.quality.guessed_columns import GuessedColumn, GuessedTable
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.spec import SHIPPED_MODELS, check_groups, read_specification
from riskscreen.spec.placeholders import list_placeholders
from riskscreen.spec.resolved import read_columns

TABLE = GuessedTable(
    columns=(
        GuessedColumn("travel_km", 3, renamed=False, type="number", unit="km"),
        GuessedColumn(
            "sidste_job",
            4,
            renamed=True,
            type="category",
            values=("lager", "butik"),
            others=True,
        ),
        GuessedColumn("antal_boern", 5, renamed=True, type="integer", unit="count"),
        GuessedColumn("egen_bil", 6, renamed=False, type="flag"),
    ),
    left_out=((2, "its name says person number"),),
    keys=("case_id",),
)
ASKED = [
    {},
    *({"population": population} for population in POPULATIONS),
    {"ready": True},
]


@pytest.mark.parametrize("table", [None, TABLE])
@pytest.mark.parametrize("asked", ASKED)
def test_a_skeleton_loads_without_a_fault_and_maps_every_code_group(
    asked, table, tmp_path
):
    shared = read_columns(SHIPPED_MODELS)
    bases = BASES[asked.get("population")]
    given = [name for base in bases for name in read_columns(SHIPPED_MODELS, base)]
    text = format_skeleton("a_target", shared=shared, given=given, table=table, **asked)
    (tmp_path / "a_target.toml").write_text(text, encoding="utf-8")
    spec = read_specification(tmp_path / "a_target.toml")
    check_groups(spec, read_shipped_code_table())
    assert {"title", "question", "prediction_note"} <= {*list_placeholders(spec)}
    if table:
        assert {"travel_km", "sidste_job", "antal_boern", "egen_bil"} <= {*spec.columns}
        assert spec.columns["sidste_job"].values == ("lager", "butik")
        assert spec.columns["antal_boern"].minimum is None
    if asked.get("population") == "sick_listed":
        assert "standby" in {route.name for route in spec.population.routes}
    if asked.get("ready"):
        assert (spec.outcome.rule, spec.history) == ("ready", None)


def test_what_was_guessed_left_out_or_is_to_be_chosen_is_marked():
    shared = read_columns(SHIPPED_MODELS)
    lines = format_skeleton("a_target", shared=shared, table=TABLE).splitlines()
    assert 'unit = "count"   # guessed' in lines
    assert 'idea = "practical"   # choose' in lines
    ((place, why),) = TABLE.left_out
    assert f"# - column {place}: {why}" in lines
    (values,) = [
        line for line in lines if line.startswith("values = ") and "lager" in line
    ]
    without = replace(
        TABLE, columns=tuple(replace(c, others=False) for c in TABLE.columns)
    )
    again = format_skeleton("a_target", shared=shared, table=without).splitlines()
    assert values not in again  # it says that there are others
    assert any("needed: person_id, start_date, decision_date" in ln for ln in lines)
