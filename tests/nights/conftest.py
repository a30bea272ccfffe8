"""A site with the open cases of two targets, and the approved model of each."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from riskscreen.cli import nights as commands
from tests import small_site
from tests.approving import save_approved

TARGETS = ("small_target", "other_target")
NIGHT = datetime(2024, 12, 30, 1, 15, tzinfo=UTC)


@pytest.fixture(scope="package")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name in TARGETS:
        spec = small_site.specification(name=name)
        model = small_site.model(spec=spec)
        policy = small_site.policy(first=0.635, base_risk=0.5)
        save_approved(replace(model, policy=policy), folder / name)
    return folder


@pytest.fixture
def clock(monkeypatch):
    """A clock to set; it begins at NIGHT."""
    now = [NIGHT]
    monkeypatch.setattr(commands, "read_clock", lambda: now[0])
    return now


@pytest.fixture
def site(tmp_path):
    return deliver(tmp_path / "site")


def deliver(folder, *, until=None, targets=TARGETS):
    """Write the site's *folder*; something happened in its register on *until*."""
    delivered = small_site.deliver(folder, 12)
    if until is not None:
        past = small_site.reaching(small_site.history(delivered), until)
        past.to_parquet(folder / "history.parquet", index=False)
    lines = [f"extract_date = {small_site.EXTRACTED.date()}"]
    for name in targets:
        (folder / f"{name}.csv").write_bytes((folder / "cases.csv").read_bytes())
        lines += [f"[intake.{name}]", f'path = "{name}.csv"']
    (folder / "cases.csv").unlink()
    (folder / "site.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def rewrite(path, change):
    table = pd.read_csv(path, sep=";", dtype="str", keep_default_na=False)
    change(table).to_csv(path, sep=";", index=False, encoding="utf-8")
