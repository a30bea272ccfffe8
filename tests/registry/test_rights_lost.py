"""A registry that refuses after the look before a training: the training is kept."""

import pytest

from riskscreen.errors import RegistryError
from riskscreen.registry import Registry
from riskscreen.stories import candidates
from tests.registry.turning import turning_server

TARGET = "long_benefit"
REMEDIES = {401: "MLFLOW_TRACKING_TOKEN", 403: "Ask whoever runs", 503: "Wait a few"}


@pytest.mark.slow
def test_a_training_whose_registry_turns_is_kept_and_registered_later(
    server, model, record, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(candidates, "_training_record", lambda *_: record)
    before = _contents(tmp_path)
    with turning_server(server) as between:
        registry = Registry(between.uri)
        with registry.open_training(TARGET) as opened:
            for status, remedy in REMEDIES.items():
                between.turn(status)
                with pytest.raises(RegistryError, match=remedy) as told:
                    candidates.log_candidate(model, None, tmp_path, registry=opened)
                assert str(told.value).endswith(f"riskscreen register {tmp_path}")
                assert _contents(tmp_path) == before
            between.turn(None)
        assert registry.log_training(record) == registry.find_candidate(TARGET)


def _contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
