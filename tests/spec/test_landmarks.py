import pytest
from pydantic import ValidationError

from riskscreen.features.catalogue import list_features
from tests import small_site
from tests.spec.test_columns import column

OUTCOME = small_site.specification().outcome.model_dump()
COLUMNS = {
    name: c.model_dump() for name, c in small_site.specification().columns.items()
}
TALK = column(type="date", known="landmark")


def specified(*, landmarks, outcome=OUTCOME, **columns):
    return small_site.specification(
        landmarks=landmarks, outcome=outcome, columns=COLUMNS | columns
    )


def faults_of(*, landmarks, **more):
    with pytest.raises(ValidationError) as refused:
        specified(landmarks=landmarks, **more)
    return {
        ".".join(map(str, error["loc"])): error["msg"]
        for error in refused.value.errors()
    }


def test_a_landmark_says_how_many_more_weeks_lie_before_its_horizon():
    spec = specified(landmarks=[{"week": 8, "more_weeks": 26}])
    assert [landmark.horizon_weeks for landmark in spec.landmarks] == [34]


def test_a_horizon_that_is_known_already_is_refused_in_words():
    # The bridge is 4 weeks and the lag 2, and 4 must be open.
    assert specified(landmarks=[{"week": 52, "more_weeks": 10}]).landmarks
    found = faults_of(landmarks=[{"week": 52, "more_weeks": 9}])
    assert list(found) == ["landmarks.0.more_weeks"]
    assert "lies 9 weeks ahead" in found["landmarks.0.more_weeks"]
    assert "name 10 or more" in found["landmarks.0.more_weeks"]


def test_a_landmark_stands_once_and_later_than_the_register_lags():
    every = [{"week": week, "more_weeks": 26} for week in (2, 8, 8)]
    found = faults_of(landmarks=every)
    assert found.keys() == {"landmarks", "landmarks.0.week"}
    assert "week 8 is declared twice" in found["landmarks"]


def test_only_who_is_still_in_is_asked_at_a_landmark():
    found = faults_of(
        landmarks=[{"week": 8, "more_weeks": 26}],
        outcome=OUTCOME | {"rule": "weeks_in", "at_least_weeks": 13},
    )
    assert list(found) == ["landmarks"]


def test_a_fact_of_landmarks_is_a_day_and_no_feature_of_the_intake():
    spec = specified(landmarks=[{"week": 8, "more_weeks": 26}], talk_held=TALK)
    assert "talk_held" in spec.kept_columns()
    assert "talk_held" not in [feature.name for feature in list_features(spec)]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"type": "flag"}, "known"),
        ({"known": "at_decision"}, "known"),
        ({"role": "route"}, "role"),
        ({"nullable": False}, "nullable"),
        ({"applies_when": {"column": "alone", "is": [True]}}, "applies_when"),
    ],
)
def test_what_a_fact_of_landmarks_cannot_be_is_refused(more, where):
    every = [{"week": 8, "more_weeks": 26}]
    assert f"columns.talk_held.{where}" in faults_of(
        landmarks=every, talk_held=TALK | more
    )


def test_a_fact_of_landmarks_needs_one():
    found = faults_of(landmarks=[], talk_held=TALK)
    assert list(found) == ["columns.talk_held.known"]


def test_a_specification_without_landmarks_is_stored_as_before_there_were_any():
    plain = small_site.specification()
    assert "landmarks" not in plain.model_dump_json()
    marked = specified(landmarks=[{"week": 8, "more_weeks": 26}])
    assert '"landmarks":[{"week":8,"more_weeks":26}]' in marked.model_dump_json()
    assert type(plain).model_validate_json(marked.model_dump_json()) == marked
