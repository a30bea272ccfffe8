"""Nights with a shadow: real stores, a real registry, and nobody sees it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from riskscreen.case_system import list_messages
from riskscreen.errors import FileError, UsageError
from riskscreen.nights import nightly as story
from riskscreen.nights.log import read_log
from riskscreen.registry.store import Registry
from riskscreen.store import (
    begin_store,
    find_scores,
    find_shadow_scores,
    open_store,
)
from riskscreen.store.schema import RUNS, SETTINGS
from tests import small_site
from tests.nights.conftest import rewrite
from tests.registries import write_training
from tests.registry.conftest import database, registry, server  # noqa: F401
from tests.store.conftest import fresh_postgres, url  # noqa: F401

pytestmark = pytest.mark.slow

# The cases are new then, so that those proposed have messages.
NIGHT = datetime(2024, 9, 23, 1, 15, tzinfo=UTC)
TARGET = "small_target"


@pytest.fixture
def clock(clock):
    clock[0] = NIGHT
    return clock


@pytest.fixture
def night(command, site, models, clock, tmp_path):  # noqa: ARG001
    """Run a night of the site into a folder of its own."""

    def run(out, *more):
        given = ("--site", site, "--model", models, "--out", tmp_path / out)
        return command("nightly", *given, *more)

    return run


def begin_alike(address):
    """A new store with the key of every other here: codes on pages are made with it."""
    with begin_store(address).write() as connection:
        connection.execute(update(SETTINGS).values(value=b"k" * 32))
    return address


def watch(at, room, *, of=None):
    """Name a model of the small target the shadow: one that proposes everybody."""
    model = small_site.model(spec=small_site.specification(name=TARGET))
    shadow = replace(model, policy=of or small_site.policy(first=0.01, base_risk=0.001))
    at.name_shadow(at.log_training(write_training(shadow, room)))
    return shadow


def list_runs(store):
    with store.read() as connection:
        chosen = select(RUNS.c.target, RUNS.c.purpose, RUNS.c.finished_at)
        rows = connection.execute(chosen.order_by(RUNS.c.run_id)).all()
    return [(target, purpose, ended is not None) for target, purpose, ended in rows]


def read_night(root):
    """Every file of a night by its path, but the log and what is drawn at random."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted((root / "2024-09-23").rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


@pytest.mark.parametrize(
    ("registry", "url"),
    [
        ("database file", "sqlite"),
        pytest.param("server", "postgres", marks=pytest.mark.thorough),
    ],
    indirect=True,
)
def test_a_night_with_a_shadow_shows_what_one_without_shows(
    night,
    registry,  # noqa: F811
    url,  # noqa: F811
    tmp_path,
    site,
):
    rewrite(site / f"{TARGET}.csv", lambda t: t.assign(helpers=["9"] * 3 + ["0"] * 9))
    alone = begin_alike(f"sqlite:///{tmp_path / 'alone.db'}")
    code, _, _ = night("plain", "--store", alone)
    shadow = watch(registry, tmp_path)
    given = ("--store", begin_alike(url), "--shadow", "--tracking-uri", registry.uri)
    watched = night("watched", *given)
    assert watched[0] == code == 0
    kept, plain = open_store(url), open_store(alone)

    log = read_log(tmp_path / "watched/latest/run.json")
    assert log.shadows[TARGET].model_version == shadow.version
    scored = log.shadows[TARGET].scored
    assert scored == log.targets[TARGET].counts["scored"] > 0
    assert list(log.shadows) == [TARGET]
    assert f"shadow: version {shadow.version}" in watched[1]
    runs = [(TARGET, "intake", True), ("other_target", "intake", True)]
    assert list_runs(plain) == runs
    assert list_runs(kept) == [*runs, (TARGET, "shadow", True)]
    (of_shadow,) = find_shadow_scores(kept, "case-00005")
    assert of_shadow.said["score"]["proposed"] is True
    assert of_shadow.run["model_version"] == shadow.version

    # Pages, the leader's page, lists, changes and scores, to the byte.
    shown = read_night(tmp_path / "watched")
    assert len(shown) > 20
    assert shown == read_night(tmp_path / "plain")
    messages = [(m.case_id, m.target, m.words) for m in list_messages(kept)]
    expected = [(m.case_id, m.target, m.words) for m in list_messages(plain)]
    assert sorted(messages) == sorted(expected)
    assert len(messages) > 0
    for case in ("case-00001", "case-00005"):
        of_both = [
            [(s.run["target"], s.run["purpose"], s.said) for s in find_scores(at, case)]
            for at in (kept, plain)
        ]
        assert of_both[0] == of_both[1]
        assert {purpose for _, purpose, _ in of_both[0]} == {"intake"}


def test_the_next_night_looks_back_on_no_shadow(night, clock, site, tmp_path, database):  # noqa: F811
    """What has changed since the score before: that was the approved model's."""
    at = Registry(f"sqlite:///{database}")
    watch(at, tmp_path)
    shadow = ("--shadow", "--tracking-uri", at.uri)
    for out in ("plain", "watched"):
        begin_alike(f"sqlite:///{tmp_path / out}.db")
    for day in range(2):
        clock[0] = NIGHT + timedelta(days=day)
        for out, more in (("plain", ()), ("watched", shadow)):
            store = f"sqlite:///{tmp_path / out}.db"
            assert night(out, "--store", store, *more)[0] == 0
        rewrite(site / f"{TARGET}.csv", lambda t: t.assign(helpers="9"))
    pages = [
        {
            path.name: path.read_bytes()
            for path in (tmp_path / out / "2024-09-24" / "pages").rglob("*.html")
        }
        for out in ("plain", "watched")
    ]
    assert len(pages[0]) > 10
    assert pages[0] == pages[1]


def test_a_shadow_that_cannot_be_opened_costs_the_night_nothing(night, tmp_path):
    store = f"sqlite:///{tmp_path / 'store.db'}"
    nowhere = f"sqlite:///{tmp_path / 'none.db'}"
    code, told, _ = night(
        "out", "--store", store, "--shadow", "--tracking-uri", nowhere
    )
    assert code == 0
    assert "shadow: not scored" in told
    log = read_log(tmp_path / "out/latest/run.json")
    assert log.shadows[TARGET].refused.error == "RegistryError"
    assert log.targets[TARGET].counts["scored"] > 0
    assert {purpose for _, purpose, _ in list_runs(open_store(store))} == {"intake"}


def test_the_approved_model_is_no_shadow_of_itself(night, tmp_path, database):  # noqa: F811
    at = Registry(f"sqlite:///{database}")
    watch(at, tmp_path, of=small_site.policy(first=0.635, base_risk=0.5))
    store = f"sqlite:///{tmp_path / 'store.db'}"
    given = ("--store", store, "--shadow", "--tracking-uri", at.uri)
    assert night("out", *given)[0] == 0
    assert read_log(tmp_path / "out/latest/run.json").shadows == {}


def test_a_night_that_is_taken_back_takes_the_shadow_s_scores_along(
    night,
    tmp_path,
    monkeypatch,
    command,
    database,  # noqa: F811
):
    at = Registry(f"sqlite:///{database}")
    watch(at, tmp_path)
    store = f"sqlite:///{tmp_path / 'store.db'}"
    given = ("--store", store, "--shadow", "--tracking-uri", at.uri)

    def fail(*_given, **_named):
        raise FileError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(story, "update_outbox", fail)
        assert night("out", *given)[0] == FileError.exit_code
    kept = open_store(store)
    assert find_shadow_scores(kept, "case-00005") == []
    assert {ended for _, _, ended in list_runs(kept)} == {False}
    assert night("out", *given)[0] == 0
    assert len(find_shadow_scores(kept, "case-00005")) == 1
    assert command("audit", "verify", "--store", store)[0] == 0


def test_a_shadow_without_a_store_has_no_place_to_go(night, tmp_path, monkeypatch):
    monkeypatch.delenv("RISKSCREEN_STORE", raising=False)
    code, _, err = night("out", "--shadow")
    assert code == UsageError.exit_code
    assert "--store" in err
    assert not (tmp_path / "out").exists()
