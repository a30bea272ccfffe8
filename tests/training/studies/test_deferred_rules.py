import json

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.outcomes import derive_outcomes
from riskscreen.spec import Specification
from riskscreen.training import Dataset
from riskscreen.training.studies.deferred_rules import evaluate_deferred_rules
from riskscreen.training.studies.groups import build_evaluation_cases
from tests.made_up import words
from tests.model.horizons.made_up_courses import courses, day_of, still_in

pytestmark = pytest.mark.slow

LATE = {"days_from_start_at_least": 56}
ROUTE = {"name": "late", "when": LATE, "words": words("taken in late")}


def _judged(*, weeks=8, route=True):
    content = still_in().model_dump()
    content["baselines"] = {"long_gone": {"label": words("x"), "after_weeks": weeks}}
    content["population"]["routes"] = [ROUTE] if route else []
    spec = Specification.model_validate(content)
    cases, index, _ = courses(1500, seed=5)
    gone_by = (cases["decision_date"] - cases["start_date"]).dt.days
    cases = cases[(gone_by < 56).to_numpy()].reset_index(drop=True)
    prepared = Dataset(
        spec=spec,
        cases=cases.assign(municipality="north", team="one"),
        features=pd.DataFrame(),
        outcomes=derive_outcomes(spec, cases, index, extract_date=day_of(400)),
        extract_date=day_of(400),
        history=index,
    )
    known = prepared.labelled
    judged = build_evaluation_cases(known)
    risk = np.full(judged.n, judged.long.mean())
    return prepared, known, judged, risk


def test_a_rule_of_eight_weeks_flags_nobody_at_intake_and_says_why():
    (rule,) = evaluate_deferred_rules(*_judged())
    assert rule.at_intake.estimates["flagged"].value == 0
    assert rule.at_intake.estimates["true_positives"].value == 0
    assert rule.why == "taken in late"
    model_minus_nobody = [
        row
        for row in rule.net_benefit_difference
        if row.strategy.endswith("_at_intake")
    ]
    base = _judged()[2].long.mean()
    for row in model_minus_nobody:
        alone = base - (1 - base) * row.threshold / (1 - row.threshold)
        assert row.value == pytest.approx(alone if base >= row.threshold else 0)


def test_waiting_finds_whoever_is_still_in_later():
    prepared, known, judged, risk = _judged()
    (rule,) = evaluate_deferred_rules(prepared, known, judged, risk)
    counts = {k: e.value for k, e in rule.waiting.estimates.items()}
    assert counts["flagged"] == counts["true_positives"] + counts["false_positives"]
    assert counts["true_positives"] + counts["false_negatives"] == judged.long.sum()
    assert 0 < counts["flagged"] < judged.n
    assert 0 < rule.weeks_later <= 8


def test_a_rule_of_few_weeks_flags_some_at_intake():
    (rule,) = evaluate_deferred_rules(*_judged(weeks=2, route=False))
    assert rule.at_intake.estimates["flagged"].value > 0
    assert rule.why == ""


def test_it_is_plain_json_without_a_case_in_it():
    prepared, *rest = _judged()
    (rule,) = evaluate_deferred_rules(prepared, *rest)
    told = json.dumps(to_json(rule), allow_nan=False)
    assert not [c for c in prepared.cases["case_id"] if f'"{c}"' in told]
