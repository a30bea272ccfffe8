"""The command on a store of its own; what an outbox does stands in tests/store."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from riskscreen.case_system import OutboxChange, list_messages
from riskscreen.cli import outbox as commands
from riskscreen.errors import SpecError
from riskscreen.spec.printed import format_specification
from riskscreen.store import open_store
from tests import small_site
from tests.approving import save_approved

pytestmark = pytest.mark.slow

AS_OF = small_site.EXTRACTED.date()


@pytest.fixture
def url(command, site, tmp_path):
    """A store with one whole run, of which some cases are proposed."""
    policy = small_site.policy(first=0.55, base_risk=0.5)
    folder = save_approved(replace(small_site.model(), policy=policy), tmp_path / "m")
    url = f"sqlite:///{site.parent / 'store.db'}"
    code, _, err = command(
        *("score", site / "cases.csv", "--history", site / "history.parquet"),
        *("--as-of", AS_OF, "--out", site.parent / "out", "--model", folder),
        *("--store", url),
    )
    assert code == 0, err
    return url


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "specifications"
    folder.mkdir()
    toml = format_specification(small_site.specification(audit={}))
    (folder / "small_target.toml").write_text(toml, encoding="utf-8")
    return folder


def test_messages_are_opened_told_in_counts_and_taken(
    command, url, models, monkeypatch
):
    now = datetime(2024, 6, 1, tzinfo=UTC)  # before any horizon
    monkeypatch.setattr(commands, "read_clock", lambda: now)
    outbox = ("outbox", "--store", url, "--models", models)
    code, out, _ = command(*outbox)
    messages = list_messages(open_store(url))
    assert code == 0
    assert messages
    assert f"{len(messages)} are open" in out
    link = messages[0].link
    code, out, _ = command(*outbox, "--take", link, "--by", "case system")
    assert code == 0
    assert out.startswith("1 messages taken")
    assert link not in out
    assert command(*outbox, "--take", link)[0] == 2


def test_the_day_is_that_of_the_site(command, url, models, site, monkeypatch):
    days = []
    midnight = datetime(2024, 5, 31, 22, 30, tzinfo=UTC)
    monkeypatch.setattr(commands, "read_clock", lambda: midnight)
    monkeypatch.setattr(
        "riskscreen.case_system.update_outbox",
        lambda *_, on, **__: days.append(on) or OutboxChange(),
    )
    outbox = ("outbox", "--store", url, "--models", models)
    (site / "site.toml").write_text(
        'extract_date = 2024-05-31\ntimezone = "Atlantic/Faroe"\n', "utf-8"
    )
    assert [command(*outbox)[0], command(*outbox, "--site", site)[0]] == [0, 0]
    assert days == [date(2024, 6, 1), date(2024, 5, 31)]


def test_a_target_without_its_specification_is_named(command, url, tmp_path):
    code, _, err = command("outbox", "--store", url, "--models", tmp_path)
    assert code == SpecError.exit_code
    assert "small_target" in err
