import pytest
from pydantic import ValidationError

from riskscreen.features.catalogue import list_features
from riskscreen.spec import list_facts
from tests import small_site
from tests.spec.test_columns import column

OUTCOME = small_site.specification().outcome.model_dump()
COLUMNS = {
    name: c.model_dump() for name, c in small_site.specification().columns.items()
}
TALK = column(type="date", known="landmark")


def specified(*, landmarks, outcome=OUTCOME, population=None, **columns):
    own = {} if population is None else {"population": population}
    return small_site.specification(
        landmarks=landmarks, outcome=outcome, columns=COLUMNS | columns, **own
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


@pytest.mark.parametrize(
    ("population", "where"),
    [
        ({"only": {"talk_held": True}}, "only"),
        (
            {
                "routes": [
                    {
                        "name": "talked",
                        "when": {"column": "talk_held", "at_least": 1},
                        "words": {"da": "talt", "en": "talked"},
                    }
                ]
            },
            "routes.0.when.column",
        ),
    ],
)
def test_no_fact_of_landmarks_decides_who_is_scored(population, where):
    before = small_site.specification().population.model_dump(by_alias=True)
    found = faults_of(
        landmarks=[{"week": 8, "more_weeks": 26}],
        population=before | {"routes": []} | population,
        talk_held=TALK,
    )
    assert list(found) == [f"population.{where}"]
    assert "is known at a landmark" in found[f"population.{where}"]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"gates": {"evaluated_by": ["talk_held"]}}, "gates.evaluated_by"),
        (
            {"audit": {"band": {"label": TALK["label"], "bands_of": "talk_held"}}},
            "audit.band.bands_of",
        ),
        (
            {
                "flag": column(
                    type="flag", applies_when={"column": "talk_held", "at_least": 1}
                )
            },
            "columns.flag.applies_when.column",
        ),
    ],
)
def test_nothing_else_that_is_read_at_intake_names_a_fact_of_landmarks(more, where):
    every = [{"week": 8, "more_weeks": 26}]
    own = {"flag": more["flag"]} if "flag" in more else {}
    rest = {key: value for key, value in more.items() if key != "flag"}
    with pytest.raises(ValidationError) as refused:
        small_site.specification(
            landmarks=every, columns=COLUMNS | {"talk_held": TALK} | own, **rest
        )
    (error,) = refused.value.errors()
    assert where.startswith(".".join(map(str, error["loc"])))
    assert "'talk_held' is" in error["msg"]


def test_no_deadline_asks_for_a_fact_of_landmarks():
    spec = specified(landmarks=[{"week": 8, "more_weeks": 26}], talk_held=TALK)
    assert "talk_held" not in list_facts(spec)
    assert set(COLUMNS) < set(list_facts(spec))


def test_a_fact_of_landmarks_needs_one():
    found = faults_of(landmarks=[], talk_held=TALK)
    assert list(found) == ["columns.talk_held.known"]


def test_a_specification_without_landmarks_is_stored_as_before_there_were_any():
    plain = small_site.specification()
    assert "landmarks" not in plain.model_dump_json()
    marked = specified(landmarks=[{"week": 8, "more_weeks": 26}])
    assert '"landmarks":[{"week":8,"more_weeks":26}]' in marked.model_dump_json()
    assert type(plain).model_validate_json(marked.model_dump_json()) == marked


def test_the_day_of_the_first_talk_is_known_at_a_landmark_and_a_leak_at_intake():
    spec = specified(landmarks=[{"week": 8, "more_weeks": 26}], first_talk_held_on=TALK)
    assert "first_talk_held_on" in spec.kept_columns()
    early = {**TALK, "type": "flag", "known": "at_decision"}
    (where,) = faults_of(
        landmarks=[{"week": 8, "more_weeks": 26}], first_talk_held_on=early
    )
    assert where == "columns.first_talk_held_on"
    (where,) = faults_of(
        landmarks=[{"week": 8, "more_weeks": 26}], company_course_on=TALK
    )
    assert where == "columns.company_course_on"
