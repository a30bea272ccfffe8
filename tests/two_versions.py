"""What two model folders give away of the one citizen whom one of them lacks."""

import json
from dataclasses import replace
from itertools import chain

import numpy as np

from riskscreen.model.model_folder import save_model
from riskscreen.training import train

RAMP = 0
"""The kind of column of a design that a number becomes."""
_EXACT = 1e-6


def without_person(prepared, person):
    """*prepared* as if *person* had never come."""
    kept = (prepared.cases["person_id"] != person).to_numpy()
    ids = set(prepared.cases["case_id"][kept])
    return replace(
        prepared,
        cases=prepared.cases[kept].reset_index(drop=True),
        features=prepared.features[kept].reset_index(drop=True),
        outcomes=prepared.outcomes[prepared.outcomes["case_id"].isin(ids)].reset_index(
            drop=True
        ),
    )


def citizens(prepared, result, how_many):
    """(person, row of features) of persons with one training case, spread out."""
    known, training = result.split.cases, result.split.train
    person = known["person_id"].to_numpy()
    once = [k for k in training if (person == person[k]).sum() == 1]
    values = prepared.features.to_numpy(dtype=float)[known.index.to_numpy()]
    taken = np.linspace(0, len(once) - 1, how_many).astype(int)
    return [(person[once[k]], values[once[k]]) for k in taken]


def folder_of(prepared, kind, path):
    """Train *kind* through the product's door; the folder's files, and the result."""
    result = train(prepared, kind=kind)
    save_model(result.model, path)
    return {file.name: file.read_text("utf-8") for file in path.iterdir()}, result


def columns_of_design(files):
    """The design of each linear fit in a folder's files."""
    stored = json.loads(files["model.json"])["estimator"]
    linear = stored.get("logistic", stored)
    if "design" in linear:
        yield linear["design"]
    yield json.loads(files["uncertainty.json"])["uncertainty"]["design"]


def step_of(numbers):
    """The largest of 1, 2, 5 × a power of ten that all *numbers* are multiples of."""
    found = np.asarray(numbers, dtype=float)
    steps = [float(f"{lead}e{k}") for k in range(-1, -16, -1) for lead in (5, 2, 1)]
    whole = (s for s in steps if np.abs(found - np.round(found / s) * s).max() < 1e-12)
    return next(whole, 0.0)


def narrowest_people(with_her, without_her, n):
    """How many people the sum of a column is uncertain by, either way.

    Each mean is known to half a step either side, which the attacker reads off all
    means of the folder; so her share in a sum of *n* is known to n × step.
    """
    steps = [
        step_of(design["mean"])
        for design in chain(columns_of_design(with_her), columns_of_design(without_her))
    ]
    return n * min(steps)


def given_back(with_her, without_her, n, row):
    """The intake columns whose value follows from n × mean − (n − 1) × mean.

    *row* is the truth, *n* the cases with her; a column with missing values is tried
    with every number of observed cases that is possible, which is more than an attacker
    would have to try.
    """
    found = set()
    for one, other in zip(
        columns_of_design(with_her), columns_of_design(without_her), strict=True
    ):
        for place, truth in enumerate(row):
            low, high, how, mean = _columns(one, place)
            same = _columns(other, place)
            if np.isnan(truth) or not len(low) or low.tolist() != same[0].tolist():
                continue  # not stated, or its knots moved
            ramps = np.clip((truth - low) / (high - low), 0, 1)
            true = np.where(how == RAMP, ramps, truth == low)
            for seen in range(n, n - n // 8, -1):
                guess = seen * mean - (seen - 1) * same[3]
                if np.abs(guess - true).max() < _EXACT * seen:
                    found.add(place)
                    break
    return found


def _columns(design, place):
    """Low, high, kind and mean of the columns of one feature, but for 'missing'."""
    own = (np.array(design["feature"]) == place) & (np.array(design["kind"]) != 2)
    return [np.array(design[name])[own] for name in ("low", "high", "kind", "mean")]
