"""A training on a schedule: of the same data and recipe there is one version."""

from importlib.metadata import version

import pandas as pd
import pytest

from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.registry.versions import list_trained
from riskscreen.spec import read_specification
from riskscreen.stories.train import find_same_training
from riskscreen.training import prepare
from tests.registries import begin_database
from tests.test_every_estimator_end_to_end import SPECIFICATION, delivered_cases

pytestmark = pytest.mark.slow

ONE_FIT = '[estimator]\ncandidates = ["logistic"]\npenalties = [30.0]\n'


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "made_up").mkdir(parents=True)
    cases, outcomes = delivered_cases(600)
    cases.to_parquet(folder / "made_up/cases.parquet", index=False)
    outcomes.to_parquet(folder / "made_up/outcomes.parquet", index=False)
    (folder / "site.toml").write_text("extract_date = 2024-01-01\n")
    return folder


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    text = SPECIFICATION.replace("[estimator]\n", ONE_FIT)
    (folder / "made_up.toml").write_text(text, "utf-8")
    return folder


def test_the_same_data_and_recipe_make_no_second_version(
    command, site, models, tmp_path, tmp_path_factory
):
    uri = f"sqlite:///{begin_database(tmp_path_factory, tmp_path / 'mlflow.db')}"
    out, registry = tmp_path / "out", Registry(uri)
    given = ("--site", site, "--out", out, "--models", models, "--tracking-uri", uri)
    code, told, err = command("train", "made_up", *given, "--if-changed")
    assert code == 0, err
    candidate = registry.find_candidate("made_up")
    assert f"candidate {candidate.model_version} in {out}" in told
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    code, told, _ = command("train", "made_up", *given, "--if-changed")
    assert code == 0
    assert f"made_up, version {candidate.model_version}: of the same data" in told
    assert "Nothing was trained" in told
    assert list_trained(registry._client, "made_up") == [candidate]
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before

    spec = read_specification(models / "made_up.toml")

    def find(spec=spec, **changes):
        return find_same_training(spec, read_site(site), tracking_uri=uri, **changes)

    assert find() == candidate
    assert find(kind="logistic") is None
    other = spec.model_copy(update={"gates": type(spec.gates)(auc_at_least=0.7)})
    assert find(other) is None
    stated = site / "site.toml"
    for more in (
        "extract_date = 2024-01-08\n",
        "extract_date = 2024-01-01\n[places.made_up]\nshared_by = 'site'\n"
        "per_week = 2\n",
    ):
        stated.write_text(more)
        assert find() is None, more
    stated.write_text("extract_date = 2024-01-01\n")
    assert find() == candidate
    outcomes = pd.read_parquet(site / "made_up/outcomes.parquet")
    outcomes["long"] = ~outcomes["long"]
    outcomes.to_parquet(site / "made_up/outcomes.parquet", index=False)
    assert find() is None


@pytest.mark.parametrize("more", [("--validate",), ("--compare", "a.b:C")])
def test_what_is_asked_beside_a_version_is_never_left_out_unsaid(
    command, site, models, tmp_path, more
):
    given = ("--site", site, "--out", tmp_path / "out", "--models", models)
    code, _, err = command("train", "made_up", *given, "--if-changed", *more)
    assert code == 10
    assert all(option in err for option in ("--if-changed", "--validate", "--compare"))
    assert not (tmp_path / "out").exists()


def test_another_version_of_a_library_that_fits_is_another_recipe(
    site, models, monkeypatch
):
    spec = read_specification(models / "made_up.toml")
    dataset = prepare(spec, read_site(site))
    before = dataset.compute_origin()
    assert dataset.compute_origin() == before
    versions = {"lightgbm": "999"}
    monkeypatch.setattr(
        "riskscreen.training.data.dataset.version",
        lambda name: versions.get(name, version(name)),
    )
    assert dataset.compute_origin() != before


def test_where_nothing_was_trained_yet_every_training_is_new(site, models, tmp_path):
    uri = f"sqlite:///{tmp_path / 'none.db'}"
    spec = read_specification(models / "made_up.toml")
    assert find_same_training(spec, read_site(site), tracking_uri=uri) is None
    assert not (tmp_path / "none.db").exists()
