"""Other places make another version of the same model, which needs approval."""

from dataclasses import replace

import numpy as np
import pytest

from riskscreen.documents.cards.record import read_record
from riskscreen.errors import FileError, ModelError, RegistryError
from riskscreen.folders import stage_folder
from riskscreen.policy import Places, set_thresholds
from riskscreen.readers.site import read_site
from riskscreen.registry.open_run import OpenRun
from riskscreen.registry.store import Registry
from riskscreen.stories.candidates import log_candidate, write_candidate
from riskscreen.stories.publish import publish
from riskscreen.stories.set_places import PlacesSet, set_places
from riskscreen.training import train
from tests.made_up import prepared_of, specification, values_of
from tests.registries import begin_database
from tests.shipping import ship

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})


def site_with(folder, *lines):
    folder.mkdir(exist_ok=True)
    stated = "\n".join(["extract_date = 2023-01-02", *lines])
    (folder / "site.toml").write_text(stated, encoding="utf-8")
    return read_site(folder)


@pytest.fixture(scope="module")
def approved(tmp_path_factory):
    """A registry's address, its approved model, and the training's data."""
    folder = tmp_path_factory.mktemp("approved")
    prepared = prepared_of(2400, spec=SPEC)
    result = train(prepared)
    model, record, _ = ship(result, prepared)
    with stage_folder(folder / "out", made_by="train") as part:
        write_candidate(model, record, part, judged=result.model)
    uri = f"sqlite:///{begin_database(tmp_path_factory, folder / 'mlflow.db')}"
    log_candidate(model, record, folder / "out", registry=Registry(uri))
    publish(
        SPEC.name,
        by="somebody",
        note="tests",
        on="2023-01-03",
        tracking_uri=uri,
        pilot=True,
    )
    return uri, model, prepared


def test_other_places_make_a_candidate_of_the_same_scores(approved, tmp_path):
    uri, before, prepared = approved
    site = site_with(
        tmp_path / "site",
        f"[places.{SPEC.name}]",
        'shared_by = "municipality"',
        "per_week = 0.5",
    )

    found = set_places(SPEC.name, site, tracking_uri=uri)

    registry = Registry(uri)
    candidate = registry.find_candidate(SPEC.name)
    model = registry.load_model(candidate)
    assert model.version == found.model.version != before.version
    table, _ = values_of(200, seed=5)
    assert np.array_equal(model.score(table).risk, before.score(table).risk)
    assert model.policy.places == Places("municipality", 0.5)
    assert set(model.policy.thresholds) == {"north", "south"}
    year = prepared.cases["decision_date"] >= "2021-01-01"
    risk = model.score(prepared.features[year.to_numpy()]).risk
    units = prepared.list_units()[year.to_numpy()]
    weekly = model.policy.propose(risk, units).proposed.sum() / 52
    assert weekly == pytest.approx(1, abs=0.35)
    record = read_record(registry.read_evaluation_text(candidate))
    assert record.same_scores_as == before.version
    assert record.policy.places.startswith("0.5 places a week")
    assert record.test_policy.places == "5 places a week in all"
    assert record.other_places
    assert "  north: from" in "\n".join(found.describe())

    again = publish(
        SPEC.name,
        by="somebody",
        note="more",
        on="2023-01-04",
        tracking_uri=uri,
        pilot=True,
    )
    assert again.version.model_version == model.version
    newest = f"The newest label was known on {model.notes['newest_label']}, "
    assert newest in list(again.describe())[-1]
    assert f"riskscreen recalibrate {SPEC.name} --site" in list(again.describe())[-1]
    assert set_places(SPEC.name, site, tracking_uri=uri).already
    longer = site_with(
        tmp_path / "longer",
        f"[places.{SPEC.name}]",
        'shared_by = "municipality"',
        "per_week = 0.5",
        "carry_weeks = 4",
    )
    assert set_places(SPEC.name, longer, tracking_uri=uri).already


def test_no_places_at_all_propose_nobody_and_say_so(approved):
    _, model, _ = approved
    policy = set_thresholds(
        model.policy.arrivals, Places("site", 0.0), base_risk=model.policy.base_risk
    )

    lines = list(PlacesSet(replace(model, policy=policy), already=True).describe())

    assert "every other unit: nobody" in "\n".join(lines)


@pytest.mark.parametrize(("per_week", "said"), [(1.0, False), (500.0, True)])
def test_places_that_nobody_above_the_base_risk_fills_are_told(
    approved, per_week, said
):
    _, model, _ = approved
    policy = set_thresholds(
        model.policy.arrivals,
        Places("site", per_week),
        base_risk=model.policy.base_risk,
    )

    lines = list(PlacesSet(replace(model, policy=policy), already=True).describe())

    words = f"  fewer than the {per_week:g} places: no threshold lies below the base"
    assert any(line.startswith(words) for line in lines) == said


def test_a_site_without_places_and_a_model_without_arrivals_are_refused(
    approved, tmp_path, monkeypatch
):
    uri, model, _ = approved
    with pytest.raises(FileError, match="no places of made_up"):
        set_places(SPEC.name, site_with(tmp_path / "site"), tracking_uri=uri)
    undated = replace(model, policy=replace(model.policy, arrivals=None))
    site = site_with(
        tmp_path / "two", f"[places.{SPEC.name}]", "shared_by = 'site'", "per_week = 3"
    )
    monkeypatch.setattr(Registry, "load_model", lambda *_: undated)
    with pytest.raises(ModelError, match="no dates"):
        set_places(SPEC.name, site, tracking_uri=uri)
    nobody = replace(model.policy.arrivals, bins=())
    few = replace(model, policy=replace(model.policy, arrivals=nobody))
    monkeypatch.setattr(Registry, "load_model", lambda *_: few)
    with pytest.raises(ModelError, match="fewer than 5 people"):
        set_places(SPEC.name, site, tracking_uri=uri)


def test_no_folder_is_named_where_the_registry_takes_no_other_places(
    approved, tmp_path, monkeypatch
):
    def refuse(*_):
        raise RegistryError("Access was lost.")

    monkeypatch.setattr(OpenRun, "log_training", refuse)
    site = site_with(
        tmp_path / "site",
        f"[places.{SPEC.name}]",
        'shared_by = "site"',
        "per_week = 2",
    )
    with pytest.raises(RegistryError) as refused:
        set_places(SPEC.name, site, tracking_uri=approved[0])
    assert str(refused.value) == "Access was lost."
