"""Every fault is told in one pass: of keys, of rules in a table, and between tables."""

from copy import deepcopy

import pytest

from riskscreen.spec import SHIPPED_MODELS, read_specification
from riskscreen.spec.faults import find_every_fault
from tests import small_site

WHOLE = read_specification(SHIPPED_MODELS / "long_absence.toml").model_dump(
    by_alias=True, mode="json", exclude_none=True
)


def keys_of(faults):
    return [".".join(map(str, keys)) for keys, _ in faults]


def list_places(content, above=()):
    """Every key of tables, also those in lists."""
    for key, value in content.items():
        yield (*above, key)
        below = value if isinstance(value, dict) else {}
        if isinstance(value, list):
            below = {n: of for n, of in enumerate(value) if isinstance(of, dict)}
        yield from list_places(below, (*above, key))


def test_a_key_a_rule_and_what_is_between_tables_are_told_together():
    content = small_site.specification().model_dump(by_alias=True)
    content["misspelt"] = 1
    content["title"].pop("en")
    content["outcome"]["at_least_weeks"] = 3
    first, second, *_ = content["columns"]
    content["columns"][first]["unit"] = "ells"
    content["columns"][second]["idea"] = "nowhere"
    faults = find_every_fault(content)
    assert sorted(keys_of(faults)) == sorted(
        [
            "misspelt",
            "title.en",
            "outcome.at_least_weeks",
            f"columns.{first}.unit",
            f"columns.{second}.idea",
        ]
    )


def test_what_is_right_has_none():
    assert find_every_fault(WHOLE) == []


@pytest.mark.slow
def test_a_missing_key_brings_no_fault_that_is_none():
    """Each needed key taken out alone is the only fault that is told."""
    wrong = {}
    for place in list_places(WHOLE):
        content = deepcopy(WHOLE)
        table = content
        for key in place[:-1]:
            table = table[key]
        del table[place[-1]]
        faults = find_every_fault(content)
        missing = [keys for keys, told in faults if told == "missing; add it"]
        if missing and len(faults) > 1:
            wrong[place] = faults
    assert wrong == {}


@pytest.mark.slow
def test_a_value_of_the_wrong_kind_brings_no_fault_that_is_none():
    wrong = {}
    for place in list_places(WHOLE):
        content = deepcopy(WHOLE)
        table = content
        for key in place[:-1]:
            table = table[key]
        if isinstance(table[place[-1]], dict | list):
            continue
        table[place[-1]] = {"no": "such value"}
        away = [keys for keys in keys_of(find_every_fault(content)) if keys]
        parent = ".".join(map(str, place[:-1]))
        if any(not keys.startswith(parent) for keys in away):
            wrong[place] = away
    assert wrong == {}


@pytest.mark.parametrize(
    ("candidates", "at_fault"),
    [
        ((), True),
        (("blend",), True),
        (("blend", "logistic"), True),
        (("blend", "logistic", "lightgbm"), False),
        (("logistic",), False),
    ],
)
def test_there_is_a_candidate_and_a_blend_has_what_it_is_made_of(candidates, at_fault):
    content = small_site.specification().model_dump(by_alias=True)
    content["estimator"]["candidates"] = candidates
    found = keys_of(find_every_fault(content))
    assert found == (["estimator.candidates"] if at_fault else [])


@pytest.mark.parametrize(
    ("parameters", "at_fault"),
    [
        ({"ramps": {"knots": 8, "width": 0.5, "flat": False, "form": "x"}}, []),
        ({"ramps": {"knots": [1, 2]}}, ["estimator.parameters.ramps.knots"]),
        ({"ramps": {"knots": {"age": 3}}}, ["estimator.parameters.ramps.knots"]),
        ({"forest": {}}, ["estimator.parameters.forest"]),
        ({"logistic": {"penalty": 3.0}}, ["estimator.parameters.logistic"]),
    ],
)
def test_parameters_are_single_values_of_a_candidate_from_elsewhere(
    parameters, at_fault
):
    content = small_site.specification().model_dump(by_alias=True)
    content["estimator"]["candidates"] = ["logistic", "ramps"]
    content["estimator"]["parameters"] = parameters
    assert keys_of(find_every_fault(content)) == at_fault


def test_a_list_where_one_value_is_asked_for_is_one_fault_at_its_key():
    content = small_site.specification().model_dump(by_alias=True)
    name = next(iter(content["columns"]))
    content["population"]["only"] = {name: [True]}
    assert keys_of(find_every_fault(content)) == [f"population.only.{name}"]
