"""What a leader must see to: old labels, pilots, what is unknown or not confirmed."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.leader_status import list_status
from riskscreen.documents.texts import DANISH
from riskscreen.rules.code_rows import CONFIRMED
from riskscreen.rules.deadline_rules import read_shipped_rules
from tests import landmarks
from tests.scored_cases import fitted_model

TAGS = DANISH["leader"]["tags"]
AGE = {"newest": "2024-01-31", "proposes_until": "2025-07-31"}


def scores(**rows):
    """Rows of scores: whether each is on trial, and the week of its landmark."""
    return pd.DataFrame({"landmark_week": None, **rows})


def make_target(summary=(), *, model=None, pilot=False, confirmed=True, verdicts=()):
    model = model or fitted_model()
    model = model.put_under(pilot=pilot, verdicts=dict(verdicts))
    rules = read_shipped_rules()
    if confirmed:
        rules = tuple(replace(rule, mark=CONFIRMED) for rule in rules)
    run = SimpleNamespace(summary=dict(summary), scores=scores(pilot=[pilot]))
    return SimpleNamespace(run=run, builder=PageBuilder(model, DANISH, None, rules))


def list_tags(*targets):
    return [row.tag for row in list_status(targets, {}, letters=None)]


def test_a_model_of_which_nothing_is_to_say_is_in_order():
    target = make_target(verdicts={"ici": "pass", "auc_at_least": "pass"})
    (row,) = list_status([target], {}, letters=None)
    assert (row.tag, row.css) == (TAGS["fine"], "ok")
    assert row.whose == "Langt sygefravær"
    assert row.words == DANISH["gates"]["all_passed"].format(n=2)
    assert list_tags(make_target()) == [TAGS["fine"]]


def test_labels_that_are_too_old_or_soon_are_told_by_their_days():
    for said, tag in (("outdated", "outdated"), ("warned", "old")):
        age = {**AGE, "outdated": False, "warned": False, said: True}
        (row,) = list_status([make_target({"label_age": age})], {}, letters=None)
        assert row.tag == TAGS[tag]
        assert "31. januar 2024" in row.words


def test_a_pilot_says_which_demands_nobody_can_judge_yet():
    verdicts = {"ici": "pass", "auc_at_least": "undecided"}
    target = make_target(pilot=True, verdicts=verdicts)
    (row,) = list_status([target], {}, letters=None)
    assert row.tag == TAGS["pilot"]
    assert DANISH["gates"]["names"]["auc_at_least"] in row.words


def test_a_pilot_by_rules_that_no_outcome_has_seen_does_not_say_that_all_is_met():
    target = make_target(verdicts={"ici": "pass"})
    target.run.scores = scores(pilot=[True, False])
    (row,) = list_status([target], {}, letters=None)
    assert row.tag == TAGS["pilot"]
    assert row.words.startswith(DANISH["leader"]["unseen_rules"])
    target = make_target(pilot=True, verdicts={"ici": "pass"})
    (row,) = list_status([target], {}, letters=None)
    assert row.words == DANISH["common"]["pilot_strip"]


@pytest.mark.slow
def test_a_landmark_on_trial_is_named_and_blamed_on_no_new_rule():
    target = make_target(model=landmarks.model())
    few = "Der er for få sager til at bedømme modellen efter 3 måneder."
    for pilot, words in (
        ([False, False, True], few),
        ([True, False, True], f"{few} {DANISH['leader']['unseen_rules']}"),
        ([False, True, False], DANISH["leader"]["unseen_rules"]),
    ):
        target.run.scores = scores(pilot=pilot, landmark_week=[None, 8.0, 13.0])
        rows = list_status([target], {}, letters=None)
        assert words in [row.words for row in rows if row.tag == TAGS["pilot"]]


def test_rules_codes_and_places_that_wait_for_the_site_are_told():
    weeks = {"read": 400, "on_unverified_codes": 246}
    summary = {"weeks_of_history": weeks, "thresholds_rest_on_other_places": True}
    target = make_target(summary, confirmed=False)
    first, second = list_status([target], {}, letters=None)
    assert first.words.startswith("Kommunen har ikke bekræftet 7 frister. ")
    assert first.words.endswith("bag 246 af 400 uger.")
    assert second.tag == TAGS["places"]
    unknown = make_target({"counts": {"unknown_codes": 12}})
    assert list_tags(unknown) == [TAGS["unknown"]]


def test_what_is_in_order_stands_after_what_is_not():
    fine, waiting = make_target(), make_target(confirmed=False)
    assert list_tags(fine, waiting) == [TAGS["waiting"], TAGS["fine"]]
