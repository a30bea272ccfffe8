"""Shadow, comparison and the way back, at a database of MLflow."""

import json
from dataclasses import replace

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import RegistryError
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.model_folder import load_model_folder
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.stories.compare import compare_approved
from tests.registries import write_training
from tests.registry.conftest import database  # noqa: F401

pytestmark = pytest.mark.slow

TARGET = "long_benefit"


def approve(at, version):
    return at.approve(version, by="a leader", note="seen", on="2026-11-21")


@pytest.fixture(scope="module")
def records(aged, tmp_path_factory):
    """The aged model, and one that is half as sure of itself."""
    model = load_model_folder(aged / "model")
    other = replace(model, calibration=BetaCalibration(0.5, 0.3))
    return [
        write_training(each, tmp_path_factory.mktemp("made")) for each in (model, other)
    ]


def test_a_shadow_is_compared_and_a_rollback_makes_the_same_comparison_again(
    database,  # noqa: F811
    records,
    aged,
    tmp_path,
    command,
):
    registry = Registry(f"sqlite:///{database}")
    first, second = (registry.log_training(record) for record in records)
    site, out = read_site(aged / "site"), tmp_path / "out"
    given = {"tracking_uri": registry.uri}
    with pytest.raises(RegistryError, match="no version is approved"):
        compare_approved(TARGET, site, out, **given)
    approve(registry, first)
    registry.name_shadow(second)
    assert registry.load_shadow(TARGET).version == second.model_version

    found = compare_approved(TARGET, site, out, **given)

    assert found.versions == {
        "approved": first.model_version,
        "shadow": second.model_version,
    }
    told = json.loads((out / "comparison.json").read_text("utf-8"))
    assert told == to_json(found)
    assert (out / "comparison.json").stat().st_mode & 0o777 == 0o600
    name = site.stated.name or ""
    assert registry.note_look(TARGET, window=found.days, site=name) > 0

    approve(registry, second)
    with pytest.raises(RegistryError, match=f"riskscreen train {TARGET}"):
        compare_approved(TARGET, site, out, **given)
    rolled = ("rollback", TARGET, "--by", "a leader", "--note", "it errs")
    assert command(*rolled, "--tracking-uri", registry.uri)[0] == 0
    asked = ("--site", aged / "site", "--out", out, "--tracking-uri", registry.uri)
    code, lines, _ = command("compare", TARGET, *asked)
    assert code == 0
    assert "\n".join(found.describe()) in lines
    assert json.loads((out / "comparison.json").read_text("utf-8")) == told


def test_without_a_shadow_the_candidate_is_compared(
    database,  # noqa: F811
    records,
    aged,
    tmp_path,
):
    at = Registry(f"sqlite:///{database}")
    first, second = (at.log_training(record) for record in records)
    approve(at, first)
    assert at.load_shadow(TARGET) is None
    site = read_site(aged / "site")
    found = compare_approved(TARGET, site, tmp_path / "out", tracking_uri=at.uri)
    assert list(found.versions) == ["approved", "candidate"]
    assert found.versions["candidate"] == second.model_version
