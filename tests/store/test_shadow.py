"""What a shadow says is stored: no door shows it, or decides or looks back on it."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import riskscreen
from riskscreen.documents.pages.memory import ShownPage
from riskscreen.errors import FileError, UsageError
from riskscreen.store import (
    SHADOW,
    find_scores,
    find_shadow_scores,
    list_finished_targets,
)
from riskscreen.store.decisions import decide
from riskscreen.store.earlier import find_earlier_scores
from riskscreen.store.erasure import Order, erase
from riskscreen.store.records import read_body
from riskscreen.store.schema import CONTENTS, DECISIONS, SCORES
from riskscreen.store.subjects import Subject
from riskscreen.store.views import StoreMemory
from tests import small_site
from tests.store.kept import AT, count, keep, select_all, verified

pytestmark = pytest.mark.slow

SOURCE = Path(riskscreen.__file__).parent
ORDER = Order.take(by="records", reason="GDPR 17", approved_by="head of unit")


@pytest.fixture(scope="module")
def shadow(model):
    """Another model of the same target."""
    return replace(model, policy=small_site.policy(first=0.1, base_risk=0.05))


@pytest.fixture(scope="module")
def said(scoring):
    """What the shadow says of the same cases: half the risk, and everybody proposed."""
    scores = scoring.scores
    return scoring.with_scores(scores.assign(risk=scores["risk"] / 2, proposed=True))


@pytest.fixture
def kept(store, model, scoring, shadow, said):
    """A store in which the shadow spoke last."""
    keep(store, model, scoring)
    keep(store, shadow, said, purpose=SHADOW)
    return store


@pytest.fixture
def watched_alone(store, shadow, said):
    """A store of a site where nobody has approved a model yet."""
    keep(store, shadow, said, purpose=SHADOW)
    return store


@pytest.fixture
def row(scoring):
    """A case that the approved model does not propose, of a citizen with no other."""
    own = ~scoring.persons.duplicated(keep=False).to_numpy()
    usual = ~scoring.scores["proposed"].to_numpy(dtype=bool)
    return scoring.scores[own & usual].iloc[0]


def test_a_look_up_of_a_case_finds_what_the_approved_model_said(kept, row, model):
    (found,) = find_scores(kept, row["case_id"])
    assert found.said["score"]["risk"] == row["risk"]
    assert found.run["model_version"] == model.version
    assert found.run["purpose"] == "intake"


def test_who_asks_what_is_stored_of_them_is_told_of_the_shadow_too(kept, row, shadow):
    (found,) = find_shadow_scores(kept, row["case_id"], target="small_target")
    assert found.said["score"]["risk"] == row["risk"] / 2
    assert found.run["model_version"] == shadow.version
    assert find_shadow_scores(kept, row["case_id"], target="other_target") == []


def test_an_earlier_score_is_never_a_shadow_s(kept, model, scoring, shadow, said):
    """The approved model says something new, twice over a shadow in between."""
    newer = scoring.scores.assign(
        input_fingerprint="f" * 64, risk=scoring.scores["risk"] / 4
    )
    keep(kept, model, scoring.with_scores(newer))
    after = said.scores.assign(input_fingerprint="f" * 64)
    keep(kept, shadow, said.with_scores(after), purpose=SHADOW)
    risks = dict(zip(newer["case_id"], newer["risk"], strict=True))
    with kept.read() as connection:
        found = find_earlier_scores(connection, model.spec.name, risks)
    assert found.keys() == risks.keys()
    before = dict(zip(scoring.scores["case_id"], scoring.scores["risk"], strict=True))
    assert {case: of.risk for case, of in found.items()} == before
    assert {of.model_version for of in found.values()} == {model.version}


def test_a_case_without_an_approved_score_before_has_no_earlier_one(
    watched_alone, model, scoring
):
    keep(watched_alone, model, scoring)
    risks = dict(zip(scoring.scores["case_id"], scoring.scores["risk"], strict=True))
    with watched_alone.read() as connection:
        assert find_earlier_scores(connection, model.spec.name, risks) == {}


def test_a_decision_is_on_the_score_that_was_shown(kept, row, model):
    given = {"target": model.spec.name, "act": "agree", "by": "caseworker", "at": AT}
    number = decide(kept, row["case_id"], **given)
    (stored,) = select_all(kept, DECISIONS)
    assert stored.proposed is False
    (content,) = [c for c in select_all(kept, CONTENTS) if c.content_id == number]
    (shown,) = find_scores(kept, row["case_id"])
    assert read_body(bytes(content.body))["score_id"] == shown.score_id


def test_nobody_decides_on_what_a_shadow_alone_said(watched_alone, row, model):
    given = {"target": model.spec.name, "act": "agree", "by": "caseworker", "at": AT}
    with pytest.raises(UsageError, match="case_id"):
        decide(watched_alone, row["case_id"], **given)
    assert count(watched_alone, DECISIONS) == 0


def test_no_page_is_kept_of_a_case_that_a_shadow_alone_scored(watched_alone, row):
    memory = StoreMemory(watched_alone, AT)
    parts = ((row["case_id"], {"page": True}),)
    memory.keep("small_target", ShownPage("a.html", "case", "da", {}, parts, "0" * 64))
    with pytest.raises(FileError, match=r"^1 cases "):
        memory.finish()


def test_a_target_that_is_only_watched_has_no_run_to_be_shown(watched_alone):
    assert list_finished_targets(watched_alone) == []


def test_an_erasure_takes_what_the_shadow_said_along(kept, row, tmp_path):
    before = count(kept, SCORES)
    subject, journal = Subject("case", row["case_id"]), tmp_path / "journal"
    erase(kept, subject, ORDER, at=AT, journal=journal)
    assert find_shadow_scores(kept, row["case_id"]) == []
    assert count(kept, SCORES) == before - 2
    assert verified(kept).faults == ()


def test_the_same_input_is_stored_once_for_each_purpose(kept, shadow, said):
    before = count(kept, SCORES)
    keep(kept, shadow, said, purpose=SHADOW)
    assert count(kept, SCORES) == before


def names_of(path):
    return {
        alias.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "riskscreen.store.schema"
        for alias in node.names
    }


def test_whoever_reads_scores_of_cases_reads_those_that_may_be_shown():
    """A new door goes through RUN_SCORES, or is named here with its reason."""
    unfiltered = {"SCORES", "SCORE_CONTENTS", "EVERY_SCORE"}
    doors = {
        path.relative_to(SOURCE).as_posix(): names
        for path in sorted(SOURCE.rglob("*.py"))
        if (names := names_of(path)) & unfiltered
    }
    without = {path for path, names in doors.items() if "RUN_SCORES" not in names}
    assert without == {
        "store/backups.py",  # a copy is whole
        "store/held_runs.py",  # takes a run back, whatever it was for
        "store/keeping.py",  # knows a score again, by the purpose of its run
    }
    every = {path for path, names in doors.items() if "EVERY_SCORE" in names}
    assert every == {"store/reading.py"}
