"""What stands between a candidate and its approval, in words."""

from types import SimpleNamespace

import pytest

from riskscreen.evaluation.gate_outcomes import NOT_JUDGED, GateOutcome
from riskscreen.registry.versions import Version
from riskscreen.stories.approval import find_uncompared
from riskscreen.stories.status import CandidateStatus


def _status(*verdicts, **stated):
    version = Version("target", "3", "run", "0123456789ab", {})
    gates = tuple(
        GateOutcome(f"gate_{v}", v, "0.1", "0.2", f"gate_{v}: 0.1.") for v in verdicts
    )
    stated = {"approved": False, **stated}
    return CandidateStatus(version, None, gates, **stated)


def test_a_candidate_that_passes_everything_is_ready():
    status = _status("pass")

    assert status.standing == "ready"
    lines = list(status.describe())
    _, _, command = lines[-1].partition(": ")
    assert command.split()[:3] == ["riskscreen", "publish", "target"]
    assert "--pilot" not in command
    assert "  gate_pass: 0.1." in lines
    assert NOT_JUDGED in " ".join(lines)


def test_too_few_cases_name_the_pilot():
    status = _status("pass", "too few")

    assert status.standing == "undecided"
    assert [*status.describe()][-1].endswith("--note WHY --pilot")


def test_a_refusal_cannot_be_approved_whatever_else_is_open():
    status = _status("refuse", "too few")

    assert status.standing == "refused"
    assert [*status.describe()][-1].count("gate_refuse") == 1


def test_several_refusals_are_named_together():
    last = [*_status("refuse", "refuse").describe()][-1]

    assert last.count("gate_refuse") == 2


def test_an_approved_candidate_says_so():
    assert _status("pass", approved=True).standing == "approved"


def test_an_approved_candidate_that_leaves_something_open_is_a_pilot():
    status = _status("pass", "too few", approved=True)

    assert status.standing == "pilot"
    plain = _status("pass", approved=True)
    assert [*status.describe()][-1] != [*plain.describe()][-1]


def test_a_candidate_that_was_not_compared_with_the_approved_version_is_not_ready():
    status = _status("pass", uncompared="It was not compared.")

    assert status.standing == "uncompared"
    assert [*status.describe()][-1].endswith("It was not compared.")


@pytest.mark.parametrize(
    ("compared_with", "same_scores_as", "version", "is_ready"),
    [
        ("feed00000000", None, "0123456789ab", True),
        (None, "feed00000000", "0123456789ab", True),
        (None, None, "feed00000000", True),
        (None, None, "0123456789ab", False),
        ("beef00000000", None, "0123456789ab", False),
    ],
)
def test_only_what_is_approved_itself_or_was_compared_with_it_may_follow_it(
    compared_with, same_scores_as, version, is_ready
):
    record = SimpleNamespace(compared_with=compared_with, same_scores_as=same_scores_as)
    candidate = Version("target", "3", "run", version, {})
    approved = Version("target", "2", "run", "feed00000000", {})

    assert (find_uncompared(record, candidate, approved) == "") == is_ready
    assert find_uncompared(record, candidate, None) == ""
