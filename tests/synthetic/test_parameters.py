"""Every parameter says where it comes from."""

import tomllib
from datetime import date
from importlib.resources import files

import pytest

from riskscreen_synthetic import SHAPES, read_parameters


def leaves(node, path=""):
    if isinstance(node, dict) and "mark" in node:
        yield path, node
    elif isinstance(node, dict):
        for name, inner in node.items():
            yield from leaves(inner, f"{path}.{name}")
    else:
        for inner in node:
            yield from leaves(inner, path)


def test_every_parameter_is_marked_and_what_is_not_assumed_names_its_source():
    text = files("riskscreen_synthetic").joinpath("synthetic.toml").read_text("utf-8")
    marked = list(leaves(tomllib.loads(text)))
    assert len(marked) > 300
    for path, leaf in marked:
        assert leaf["mark"] in ("measured", "published", "assumed"), path
        assert leaf.keys() <= {"value", "mark", "source"}, path
        assert leaf["mark"] == "assumed" or leaf["source"], path


def test_the_marks_of_every_shape_are_counted():
    for shape in SHAPES:
        parameters = read_parameters(shape)
        assert set(parameters.marks) <= {"measured", "published", "assumed"}
        assert sum(parameters.marks.values()) == len(parameters.lines)


def test_the_other_shape_replaces_value_by_value():
    default, other = read_parameters(), read_parameters("other")
    assert default["citizens"]["age_sd"] == other["citizens"]["age_sd"]
    assert default["citizens"]["age_mean"] != other["citizens"]["age_mean"]


def test_the_dependent_shape_differs_by_leaving_alone():
    default, dependent = read_parameters(), read_parameters("dependent")
    assert [n for n in default.values if default[n] != dependent[n]] == [
        "absence",
        "benefit",
    ]
    for course in ("absence", "benefit"):
        changed = {**dependent[course], "leaving": default[course]["leaving"]}
        assert changed == default[course]
        assert default[course]["leaving"]["severity"] == 0
        assert dependent[course]["leaving"]["severity"] == 1


def test_other_odds_of_leaving_take_the_place_of_the_shapes_own():
    assert read_parameters("dependent")["leaving"]["odds"] == 1
    asked = read_parameters("dependent", leaving_odds=3.6)
    assert asked["leaving"]["odds"] == 3.6
    assert asked["absence"] == read_parameters("dependent")["absence"]


def test_an_unknown_shape_is_refused_and_odds_that_are_none():
    with pytest.raises(ValueError, match="the shapes are"):
        read_parameters("round")
    for odds in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="above 0"):
            read_parameters(leaving_odds=odds)


def test_a_reform_moves_what_the_rules_before_it_say_from_its_day_on():
    usual = read_parameters()["regime"]
    day = date(2024, 3, 6)
    *before, last = read_parameters(reform=day)["regime"]
    assert before == usual
    assert last["starts"] == day
    assert last["scale"] == usual[-1]["scale"]
    moved = read_parameters()["reform"]
    for way, size in moved.items():
        assert last[way] == pytest.approx(usual[-1][way] + size)
    early = read_parameters(reform=date(2019, 1, 1))["regime"]
    assert [r["starts"] for r in early] == sorted(r["starts"] for r in early)


def test_a_value_is_changed_by_its_name_and_nothing_else():
    changed = read_parameters(changes={"registration.late_share": 0.4})
    assert changed["registration"]["late_share"] == 0.4
    default = read_parameters()
    assert changed["absence"] == default["absence"]
    assert read_parameters()["registration"] == default["registration"]


@pytest.mark.parametrize(
    "name", ["absence", "nothing", "regime.ending", "leaving.odds.value"]
)
def test_a_change_of_what_is_no_value_is_refused(name):
    with pytest.raises(ValueError, match=f"changes: {name} is no value"):
        read_parameters(changes={name: 1})
