"""Two model folders, one of them taught without one citizen: nothing comes back."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from riskscreen.rounding import compute_rounding_step
from tests.made_up import prepared_of, specification
from tests.two_versions import (
    citizens,
    folder_of,
    given_back,
    narrowest_people,
    step_of,
    without_person,
)

pytestmark = pytest.mark.slow

SPEC = specification(
    estimator={"tuning_trials": 0, "penalties": [10.0], "max_rounds": 40}
)


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """(files with her, files without her, cases with her, her row, the result)."""
    room = tmp_path_factory.mktemp("versions")
    prepared = prepared_of(1200, spec=SPEC)
    whole, result = folder_of(prepared, "blend", room / "whole")
    ((person, row),) = citizens(prepared, result, 1)
    rest, _ = folder_of(without_person(prepared, person), "blend", room / "rest")
    return whole, rest, len(result.split.train), row, result


def test_no_intake_column_comes_back_and_no_sum_is_known_to_two_people(versions):
    """benchmarks/two_versions.py does it for several citizens."""
    whole, rest, n, row, _ = versions

    assert given_back(whole, rest, n, row) == set()
    assert narrowest_people(whole, rest, n) > 2


def test_the_attack_finds_every_stated_column_in_means_of_full_precision():
    """Else the test above could not fail."""
    draw = np.random.default_rng(0)
    values = np.column_stack([draw.random(500), draw.random(500) < 0.3]).astype(float)
    design = {
        "feature": [0, 0, 1],
        "kind": [0, 0, 0],
        "low": [0.0, 0.5, 0.0],
        "high": [0.5, 1.0, 1.0],
    }

    def files(rows):
        low, high = np.array(design["low"]), np.array(design["high"])
        made = np.clip((rows[:, design["feature"]] - low) / (high - low), 0, 1)
        stored = design | {"mean": made.mean(axis=0).tolist()}
        return {
            "model.json": json.dumps({"estimator": {"design": stored}}),
            "uncertainty.json": json.dumps({"uncertainty": {"design": stored}}),
        }

    whole, rest = files(values), files(values[1:])

    assert given_back(whole, rest, 500, values[0]) == {0, 1}
    assert narrowest_people(whole, rest, 500) < 0.001


def test_means_coefficients_lines_and_thresholds_are_multiples_of_the_step(versions):
    whole, _, n, _, result = versions
    stored, later = json.loads(whole["model.json"]), len(result.split.calibration)
    linear = stored["estimator"]["logistic"]

    step = compute_rounding_step(1, n)
    assert step_of(linear["design"]["mean"]) >= step
    assert step_of([*linear["coefficients"], linear["base"]]) >= step
    assert step_of([stored["notes"]["base_rate"]]) >= step
    line = stored["calibration"]
    slopes = line["slope"], round(line["slope"] + line["bend"], 9)
    assert step_of([*slopes, line["intercept"]]) >= compute_rounding_step(1, later)
    counts = [n for b in stored["policy"]["arrivals"]["bins"] for n in b["counts"]]
    assert counts
    assert all(count % 5 == 0 for count in counts)
    assert all(count % 5 == 0 for count in stored["notes"]["cases"].values())


def test_of_trees_no_sum_over_cases_is_stored_and_counts_are_fives(versions):
    text = versions[0]["model.txt"]

    def entries(name):
        lines = re.findall(rf"^{name}=(.*)$", text, flags=re.MULTILINE)
        return [float(entry) for line in lines for entry in line.split()]

    for name in ("split_gain", "leaf_weight", "internal_value", "internal_weight"):
        assert set(entries(name)) == {0.0}
    assert all(count % 5 == 0 and count > 0 for count in entries("leaf_count"))
    assert all(count % 5 == 0 for count in entries("internal_count"))


def test_base_and_contributions_of_the_stored_numbers_still_add_up(versions):
    model = versions[4].model
    table = pd.DataFrame(versions[3][None, :], columns=[f.name for f in model.features])

    own = model.estimator
    values = table.to_numpy()
    total = own.base + own.contributions(values).sum(axis=1)
    assert total == pytest.approx(own.decision_function(values), abs=1e-9)
    assert own.contributions(values) == pytest.approx(
        own.reference_contributions(values), abs=1e-9
    )
