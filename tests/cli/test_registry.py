"""A key is made by a command; an approval that would open no door is refused."""

import stat

import pytest
from typer.testing import CliRunner

from riskscreen.approval_keys import VARIABLE
from riskscreen.cli import app
from riskscreen.errors import UsageError
from riskscreen.signing_keys import read_signing_key


def test_the_public_half_is_printed_and_the_private_one_is_not(tmp_path):
    key = tmp_path / "approval.key"
    made = CliRunner().invoke(app, ["make-key", str(key)])
    assert made.exit_code == 0
    public = read_signing_key(key).public
    assert made.output.splitlines()[0] == public
    assert f'approval_keys = ["{public}"]' in made.output.splitlines()
    assert read_signing_key(key).secret.hex() not in made.output
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("signed", [False, True])
def test_where_keys_count_an_approval_without_one_of_them_is_typed_wrongly(
    signed, tmp_path, monkeypatch
):
    """Before anything is asked of a registry: there is none."""
    key, other = tmp_path / "key", tmp_path / "other"
    for path in (key, other):
        CliRunner().invoke(app, ["make-key", str(path)])
    keys = tmp_path / "keys"
    keys.write_text(f"{read_signing_key(key).public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(keys))
    ended = CliRunner().invoke(
        app,
        [
            *("publish", "long_benefit", "--approved-by", "NN", "--note", "seen"),
            *("--tracking-uri", f"sqlite:///{tmp_path}/none.db"),
            *(("--key", str(other)) if signed else ()),
        ],
    )
    assert isinstance(ended.exception, UsageError)
    assert "--key" in str(ended.exception)
    assert not (tmp_path / "none.db").exists()
