"""Every parameter says where it comes from."""

import tomllib
from importlib.resources import files

import pytest

from riskscreen_synthetic import read_parameters


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


def test_the_marks_of_both_shapes_are_counted():
    for shape in ("default", "other"):
        parameters = read_parameters(shape)
        assert set(parameters.marks) == {"measured", "published", "assumed"}
        assert sum(parameters.marks.values()) == len(parameters.lines)


def test_the_other_shape_replaces_value_by_value():
    default, other = read_parameters(), read_parameters("other")
    assert default["citizens"]["age_sd"] == other["citizens"]["age_sd"]
    assert default["citizens"]["age_mean"] != other["citizens"]["age_mean"]


def test_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="the shapes are"):
        read_parameters("round")
