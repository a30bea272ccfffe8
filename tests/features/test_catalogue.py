from pathlib import Path

import pytest

from riskscreen.errors import SpecError
from riskscreen.features.catalogue import TEXTS, list_features, list_state_levels
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.spec import HistoryGroup, Words, read_specification

MODELS = sorted((Path(__file__).parents[2] / "models").glob("[!_]*.toml"))
WORDS = Words(da="ord", en="words")


@pytest.fixture(params=MODELS, ids=lambda path: path.stem)
def spec(request):
    return read_specification(request.param)


def with_groups(spec, **groups):
    history = spec.history.model_copy(update={"groups": groups})
    return spec.model_copy(update={"history": history})


@pytest.mark.slow
def test_every_feature_belongs_to_exactly_one_reason(spec):
    members = [name for reason in list_reasons(spec) for name in reason.features]
    assert sorted(members) == sorted(f.name for f in list_features(spec))


def test_the_features_of_a_reason_share_its_idea_and_whether_it_can_be_changed(spec):
    features = {f.name: f for f in list_features(spec)}
    for reason in list_reasons(spec):
        for name in reason.features:
            assert features[name].idea == reason.idea in spec.ideas
            assert features[name].changeable == reason.changeable


def test_every_intake_feature_of_the_specification_is_there_and_nothing_else_is(spec):
    intake = [f.name for f in list_features(spec) if f.family == "intake"]
    assert intake == [n for n, c in spec.columns.items() if c.role == "feature"]


def test_every_baseline_of_a_specification_is_made_of_features_that_exist(spec):
    names = {f.name for f in list_features(spec)}
    for baseline in spec.baselines.values():
        assert names.issuperset(baseline.features)


def test_a_group_that_raises_the_risk_lowers_it_the_longer_it_is_ago(spec):
    directions = {f.name: f.monotone for f in list_features(spec)}
    assert directions["sickness_weeks_52"] == "increasing"
    assert (
        directions["sickness_spells"] == directions["sickness_longest"] == "increasing"
    )
    assert directions["sickness_weeks_since_last"] == "decreasing"
    assert directions["insured_weeks_52"] is None


def test_labels_are_made_of_the_groups_own_words(spec):
    labels = {f.name: f.label for f in list_features(spec)}
    for language, group in (("da", "sygedagpenge"), ("en", "sickness benefit")):
        said = TEXTS[language]["labels"]["weeks"].format(group=group, window=52)
        assert said.startswith(f"{group}: ")
        assert labels["sickness_weeks_52"].in_language(language) == said


def test_a_group_made_of_the_code_groups_of_others_is_never_the_current_state(spec):
    assert "any_support" not in list_state_levels(spec.history)
    assert list_state_levels(spec.history)[-1] == "none"


def test_a_column_named_as_a_history_feature_is_an_error(spec):
    column = next(iter(spec.features().values()))
    columns = {**spec.columns, "sickness_weeks_52": column}
    with pytest.raises(SpecError, match="sickness_weeks_52"):
        list_features(spec.model_copy(update={"columns": columns}))


def test_a_column_named_as_a_reason_is_an_error(spec):
    column = next(iter(spec.features().values()))
    columns = {**spec.columns, "history_shifts": column}
    with pytest.raises(SpecError, match="history_shifts"):
        list_reasons(spec.model_copy(update={"columns": columns}))


@pytest.mark.parametrize("name", ["none", "state", "shifts", "self_support"])
def test_a_group_named_as_something_of_the_whole_history_is_an_error(spec, name):
    group = HistoryGroup(code_groups=("sygedagpenge",), label=WORDS)
    with pytest.raises(SpecError, match="rename"):
        list_features(with_groups(spec, **{name: group}))


@pytest.mark.parametrize("windows", [(), (0, 4), (4, 4)])
def test_windows_that_are_none_or_repeat_are_an_error(spec, windows):
    history = spec.history.model_copy(update={"windows": windows})
    with pytest.raises(SpecError, match=r"history\.windows"):
        list_features(spec.model_copy(update={"history": history}))


def test_a_specification_without_a_history_has_its_intake_features_only(spec):
    alone = spec.model_copy(update={"history": None})
    assert [f.name for f in list_features(alone)] == list(spec.features())
    assert [r.name for r in list_reasons(alone)] == list(spec.features())
