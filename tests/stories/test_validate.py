import json
from pathlib import Path

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.readers.site import read_site
from riskscreen.spec import read_specification
from riskscreen.stories.validate import validate

pytestmark = pytest.mark.thorough  # twelve trainings

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module")
def validated(aged, tmp_path_factory):
    spec = read_specification(MODELS / "long_benefit.toml")
    # Twelve trainings: one fit each without a search, and one further horizon.
    quick = {"candidates": ("logistic",), "penalties": (30.0,)}
    horizons = spec.outcome.other_horizons[:1]
    changes = {
        "estimator": spec.estimator.model_copy(update=quick),
        "outcome": spec.outcome.model_copy(update={"other_horizons": horizons}),
    }
    out = tmp_path_factory.mktemp("validated") / "out"
    found = validate(spec.model_copy(update=changes), read_site(aged / "site"), out)
    return found, json.loads((out / "validation.json").read_text())


def test_what_is_written_is_what_is_returned(validated):
    found, written = validated
    assert written == json.loads(json.dumps(to_json(found)))
    assert found.describe()[0].startswith("Rolling origin, periods: 4.")


def test_periods_and_municipalities_are_judged_by_models_without_them(validated):
    written = validated[1]["findings"]
    assert len(written["rolling_origin"]["subgroups"]) == 4
    places = written["leave_one_municipality_out"]
    assert len(places["subgroups"]) == 6
    assert places["comparison"]["model"] == "trained elsewhere"


def test_reasons_are_compared_with_every_refit_and_with_the_directions(validated):
    stability = validated[1]["findings"]["explanation_stability"]
    overlap, directions = stability["top_reason_overlap"], stability["directions"]
    assert len(overlap) == 10
    assert all(0.3 < share <= 1 for share in overlap.values())
    assert len(directions) > 5
    wrong = [sign for sign in directions if sign["agrees"] is False]
    assert wrong == []
