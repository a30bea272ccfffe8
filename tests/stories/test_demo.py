"""Which targets a demo trains, scores and pages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskscreen.progress import SilentReporter
from riskscreen.spec import SHIPPED_MODELS, list_targets
from riskscreen.stories import demo as story

NOW = datetime(2025, 1, 6, tzinfo=UTC)
EVERY = list_targets(SHIPPED_MODELS)


@pytest.fixture
def calls(monkeypatch):
    """What the demo asks the other stories for, in place of their hours of work."""
    made = {"train": [], "score": [], "front": [], "every_target": [], "out": []}
    monkeypatch.setattr(story, "begin_store", lambda _: None)
    monkeypatch.setattr(story, "open_approved", lambda folder: folder.name)
    monkeypatch.setattr(story, "_score_newest", lambda *_, **__: {})
    monkeypatch.setattr(story, "_look_first", lambda *_, **__: None)
    monkeypatch.setattr(story, "read_site", lambda _: None)
    monkeypatch.setattr(story, "confirm_letter", lambda *_, **__: None)
    monkeypatch.setattr(story, "measure_follow_up", lambda _: None)
    monkeypatch.setattr(
        story, "write_follow_up", lambda _, out: made["out"].append(out)
    )
    monkeypatch.setattr(story, "publish", lambda *_, **__: None)
    monkeypatch.setattr(story.Registry, "export_approved", lambda *_: None)
    monkeypatch.setattr(
        story,
        "synthesise",
        lambda *_, every_target, **__: made["every_target"].append(every_target),
    )
    monkeypatch.setattr(
        story, "train", lambda spec, *_, **__: made["train"].append(spec.name)
    )
    monkeypatch.setattr(
        story, "_score_before", lambda models, *_, **__: made["score"].extend(models)
    )
    monkeypatch.setattr(
        story,
        "write_front_page",
        lambda _, targets, **__: made["front"].extend(targets),
    )
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cards", "targets"),
    [(None, list(story.TARGETS)), (Path("cards"), EVERY)],
    ids=["plain", "cards"],
)
def test_what_is_trained_is_scored_paged_and_on_the_front_page(
    calls, tmp_path, cards, targets
):
    story.demo("small", tmp_path, now=NOW, cards=cards, reporter=SilentReporter())
    assert calls["train"] == calls["score"] == calls["front"] == targets
    assert calls["every_target"] == [targets == EVERY]
    assert calls["out"] == [tmp_path / "follow_up"]


def test_every_shipped_target_is_more_than_the_demos():
    assert set(story.TARGETS) < set(EVERY)
