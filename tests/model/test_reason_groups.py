"""What goes together is one reason: a twin gets no reason of its own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import list_features
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.model.reason_groups import CORRELATED, group_reasons
from riskscreen.model.reason_members import Member, read_members, write_members
from riskscreen.model.reasons import build_reasons
from riskscreen.training import train
from tests.made_up import drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})
FEATURES = list_features(SPEC)
BURDEN, TWIN = "burden", "distance"


def make_twin(table, correlation, seed=3):
    """The table with the inert column *distance* made a noisy copy of *burden*."""
    draw = np.random.default_rng(seed)
    true = table[BURDEN].to_numpy()
    noise = draw.normal(0, 1, len(true))
    return table.assign(
        **{TWIN: correlation * true + np.sqrt(1 - correlation**2) * noise}
    )


@pytest.mark.parametrize(
    ("correlation", "groups"),
    [(0.5, ()), (0.8, ((BURDEN, TWIN),)), (0.95, ((BURDEN, TWIN),))],
)
def test_a_twin_goes_with_its_original_above_the_bound(correlation, groups):
    table = make_twin(values_of(4000)[0], correlation)
    assert group_reasons(FEATURES, table.to_numpy()) == groups


def test_the_correlation_is_spearmans_where_nothing_is_missing():
    draw = np.random.default_rng(4)
    first = draw.normal(0, 1, 500)
    pair = [f for f in FEATURES if f.name in (BURDEN, TWIN)]
    for noise in (0.5, 0.9, 1.0, 1.1, 2.0):
        table = np.column_stack([first, -np.exp(first + draw.normal(0, noise, 500))])
        near = abs(spearmanr(*table.T).statistic)
        assert bool(group_reasons(pair, table)) == (near > CORRELATED)


def test_a_column_of_one_value_or_of_nothing_goes_with_none():
    pair = [f for f in FEATURES if f.name in (BURDEN, TWIN)]
    for other in (np.zeros(50), np.full(50, np.nan)):
        table = np.column_stack([np.arange(50.0), other])
        assert group_reasons(pair, table) == ()


def test_clusters_are_as_near_as_their_features_are_on_average():
    """Two are joined first; the third is near one of them, and far from the other."""
    three = [f for f in FEATURES if f.name in (BURDEN, TWIN, "resource")]
    draw = np.random.default_rng(5)
    first = draw.normal(0, 1, 4000)
    near = 0.8 * first + 0.6 * draw.normal(0, 1, 4000)
    third = 0.78 * near + 0.626 * draw.normal(0, 1, 4000)
    table = np.column_stack([first, near, third])
    mean = np.mean([abs(spearmanr(x, third).statistic) for x in (first, near)])
    assert mean < CORRELATED < abs(spearmanr(near, third).statistic)
    assert group_reasons(three, table) == ((BURDEN, TWIN),)


@pytest.fixture(scope="module")
def twins():
    """A model of twins at .95, and the table that trained it."""
    table, log_odds = values_of(2400)
    table = make_twin(table, 0.95)
    prepared = prepared_of(spec=SPEC, table=table, long=drawn(log_odds))
    return train(prepared).model, prepared.features


def test_a_twin_gets_no_reason_of_its_own_and_every_sum_stays_exact(twins):
    model, features = twins
    assert model.reason_groups == ((BURDEN, TWIN),)
    scored = model.score(features)
    reasons = build_reasons(model, features, scored)
    names = [reason.name for reason in reasons.reasons]
    assert "burden+distance" in names
    assert not {BURDEN, TWIN} & set(names)
    whole = reasons.log_odds[:, names.index("burden+distance")]
    columns = [[f.name for f in FEATURES].index(name) for name in (BURDEN, TWIN)]
    assert np.allclose(whole, scored.contributions[:, columns].sum(axis=1), atol=1e-12)
    total = model.base_log_odds + reasons.log_odds.sum(axis=1)
    assert np.allclose(total, scored.log_odds, atol=1e-9)
    # The twin alone would have had a share of the credit; nobody reads it as a reason.
    alone = build_reasons(replace(model, reason_groups=()), features, scored)
    assert np.allclose(alone.points.sum(axis=1), reasons.points.sum(axis=1), atol=1e-12)


def test_a_row_names_the_group_and_what_the_case_has_in_each_member(twins):
    model, features = twins
    some = features.iloc[:200]
    reasons = build_reasons(model, some, model.score(some))
    long = reasons.long()
    group = long[long["reason"] == "burden+distance"].reset_index(drop=True)
    for place in (0, 7, 100):
        members = {m.feature: m.value for m in read_members(group["members"][place])}
        row = some.iloc[place]
        assert members == pytest.approx(dict(row[[BURDEN, TWIN]]), nan_ok=True)
    assert set(long.loc[long["reason"] != "burden+distance", "members"]) == {""}
    told = [w for words in reasons.top_words("up") for w in words if w]
    (first, *_) = [words for words in told if "; " in words]
    (label,) = {f.label.da for f in FEATURES if f.name in (BURDEN, TWIN)}
    assert first.startswith(f"{label} og {label} ({label}: ")


def test_the_groups_are_in_the_models_record_and_must_be_its_reasons(twins, tmp_path):
    model, _ = twins
    save_model(model, tmp_path / "model")
    loaded = load_model_folder(tmp_path / "model")
    assert loaded.reason_groups == model.reason_groups
    assert loaded.version == model.version
    save_model(replace(model, reason_groups=((BURDEN, "none"),)), tmp_path / "strange")
    with pytest.raises(ModelError, match="another version"):
        load_model_folder(tmp_path / "strange")


def test_members_are_read_as_they_were_written():
    text = write_members(
        [np.array(["a", "a", "b"], dtype=object), np.full(3, "c", dtype=object)],
        [np.array([1.5, np.nan, 2.0]), np.array([0.1, 7.0, 7.0])],
        [np.zeros(3, dtype=bool), np.array([False, False, True])],
        [np.array([False, True, False]), np.zeros(3, dtype=bool)],
    )
    assert text.tolist() == ["a=1.5;c=0.1", ";c=7.0", "b=2.0;c=?"]
    assert list(read_members(text[1])) == [Member("c", 7.0)]
    assert list(read_members(text[0])) == [Member("a", 1.5), Member("c", 0.1)]
    (_, last) = read_members(text[2])
    assert last.unreadable
    assert np.isnan(last.value)
    assert list(read_members("")) == []
