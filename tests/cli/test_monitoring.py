import pytest
from mlflow import MlflowClient

from tests.shared_folders import make_once
from tests.stories.conftest import _make

pytestmark = pytest.mark.slow


def test_the_command_writes_the_page_logs_a_run_and_ends_with_what_is_to_be_done(
    command, tmp_path_factory, tmp_path
):
    aged = make_once(tmp_path_factory, "aged", _make)
    out, uri = tmp_path / "out", f"sqlite:///{tmp_path / 'runs.db'}"
    given = ("--site", aged / "site", "--model", aged / "model", "--out", out)
    code, told, _ = command("monitor", "long_benefit", *given, "--tracking-uri", uri)
    assert code == 4
    # The delivery of 2022 is old, though its site says nothing of that.
    assert "Recommended: stop" in told
    assert "  stale" in told
    assert "  code moved" in told
    assert str(out / "da" / "index.html") in told
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("riskscreen")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.metrics["evidence.codes"] == 1.0
    assert run.data.tags["riskscreen.monitored"] in told
    files = [f.path for f in client.list_artifacts(run.info.run_id, "monitoring")]
    assert "monitoring/monitoring.json" in files


def test_a_model_of_another_target_is_refused_before_anything_is_written(
    command, tmp_path_factory, tmp_path
):
    aged = make_once(tmp_path_factory, "aged", _make)
    given = ("--site", aged / "site", "--model", aged / "model")
    code, _, err = command("monitor", "long_absence", *given, "--out", tmp_path / "o")
    assert code == 2
    assert "long_benefit" in err
    assert not (tmp_path / "o").exists()
