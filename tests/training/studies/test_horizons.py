from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from riskscreen.features.catalogue import list_features
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.outcomes import derive, derive_outcomes
from riskscreen.rounding import round_count
from riskscreen.timeline import to_day_number
from riskscreen.training import Dataset, evaluate_model, train
from riskscreen.training.studies.horizons import (
    evaluate_horizons,
)
from tests.histories import hide_spells
from tests.made_up import prepared_of, specification, words
from tests.model.horizons.made_up_courses import courses, day_of, still_in

pytestmark = pytest.mark.slow

EXTRACT = 250


@cache
def prepared(**changes):
    """2,500 cases over four years; what drives them is in the feature *burden*."""
    spec = specification(
        outcome=still_in().outcome.model_dump(),
        history={
            "register_lag_weeks": 2,
            "groups": {"any": {"code_groups": ["ill"], "label": words("a")}},
            "self_support": ["alone"],
            "absent_person": "self_supporting",
            "idea": "facts",
            "overall_label": words("b"),
            "windows": [4],
        },
        estimator={"candidates": ["logistic"]},
    )
    cases, index, drive = courses(2500, seed=5, **changes)
    draw = np.random.default_rng(0)
    names = [f.name for f in list_features(spec)]
    features = pd.DataFrame(
        draw.integers(0, 2, (len(cases), len(names))).astype(float),
        columns=names,
        index=cases["case_id"],
    ).assign(burden=drive)
    outcomes = derive_outcomes(spec, cases, index, extract_date=day_of(EXTRACT))
    return Dataset(
        spec=spec,
        cases=cases.assign(municipality="north", team="one"),
        features=features,
        outcomes=outcomes,
        extract_date=day_of(EXTRACT),
        history=index,
    )


@pytest.fixture(scope="module")
def result():
    return train(prepared())


@pytest.fixture(scope="module")
def judged(result):
    return evaluate_horizons(result.model, prepared(), result.split.first_test)


def test_cases_still_open_before_the_test_teach_the_other_horizons(result):
    family, split = result.model.horizons, result.split
    t0 = prepared().cases["decision_date"]
    newest = ((t0 >= split.first_calibration) & (t0 < split.first_test)).sum()
    assert newest > len(split.calibration)
    assert family.cases == round_count(newest)
    assert family.still_open > 100
    assert (family.primary, family.further) == (26, (8, 13, 52))


def test_nothing_that_happened_after_the_first_test_day_teaches(result):
    first = result.split.first_test
    day, history = to_day_number(first.date()), prepared().history
    cut = replace(history, end=history.end.clip(max=day))
    before = replace(prepared(), history=hide_spells(cut, history.start >= day))
    again = train(before, split=result.split).model
    assert again.horizons == result.model.horizons
    assert again.notes["recent_shift"] == result.model.notes["recent_shift"]


def test_every_horizon_is_right_on_newer_cases(judged):
    assert [one.weeks for one in judged.evaluations] == [8, 13, 26, 52]
    for one in judged.evaluations:
        assert one.expected.long == pytest.approx(one.observed.long, abs=0.06)
        shown = (one.expected.long, one.expected.not_long, one.expected.left)
        assert sum(shown) == pytest.approx(1.0)
        if one.observed.left is not None:
            assert one.expected.left == pytest.approx(one.observed.left, abs=0.02)
            assert one.expected.not_long == pytest.approx(
                one.observed.not_long, abs=0.06
            )
        slope = one.estimates["calibration_slope"]
        # The interval is of the judged cases alone; 800 cases taught the family.
        assert slope.low - 0.2 < 1 < slope.high + 0.2
        assert one.known <= one.cases
    known = [one.known / one.cases for one in judged.evaluations]
    assert known == sorted(known, reverse=True)


def test_the_study_tells_what_the_horizons_rest_on_and_a_line_of_each(judged, result):
    family = result.model.horizons
    assert (judged.primary, judged.still_open) == (26, family.still_open)
    assert [line.split(":")[0] for line in judged.describe()] == [
        f"at {weeks} weeks" for weeks in (8, 13, 26, 52)
    ]


def test_a_saved_model_keeps_its_horizons_and_they_are_part_of_its_version(
    result, tmp_path
):
    save_model(result.model, tmp_path)
    again = load_model_folder(tmp_path)
    assert again.horizons == result.model.horizons
    assert again.version == result.model.version
    text = (tmp_path / "model.json").read_text()
    assert '"still_open"' in text


def test_outcomes_that_are_delivered_ready_have_no_other_horizons():
    delivered = prepared_of(spec=specification(estimator={"candidates": ["logistic"]}))
    found = train(delivered)
    assert found.model.horizons is None
    assert evaluate_horizons(found.model, delivered, found.split.first_test) is None


def test_a_training_with_its_evaluation_derives_outcomes_at_most_ten_times(monkeypatch):
    """Each derivation reads the spells of its cases; preparing adds two."""
    derived = []
    read = derive._to_arrays  # what every derivation begins with

    def counted(*args, **kwargs):
        derived.append(1)
        return read(*args, **kwargs)

    dataset = prepared()
    loose = dataset.spec.gates.model_copy(update={"auc_at_least": 0.99})
    spec = dataset.spec.model_copy(update={"gates": loose})
    monkeypatch.setattr(derive, "_to_arrays", counted)
    once_more = replace(dataset, spec=spec)
    evaluate_model(train(once_more), once_more)
    assert 0 < len(derived) <= 10 - 2
