"""What stands between a candidate and its approval, in words."""

from riskscreen.evaluation.gates import GateOutcome
from riskscreen.registry import Version
from riskscreen.stories.status import CandidateStatus


def _status(*verdicts, approved=False):
    version = Version("target", "3", "run", "0123456789ab", {})
    gates = tuple(
        GateOutcome(f"gate_{v}", v, "0.1", "0.2", f"gate_{v}: 0.1.") for v in verdicts
    )
    return list(CandidateStatus(version, gates, approved).describe())


def test_a_candidate_that_passes_everything_is_ready():
    lines = _status("pass")

    assert lines[-1].startswith("Nothing stands in the way: riskscreen publish target")
    assert "  gate_pass: 0.1." in lines
    assert any("Not judged by any gate: wrong labels" in line for line in lines)


def test_too_few_cases_name_the_pilot():
    assert _status("pass", "too few")[-1].endswith("--note WHY --pilot")


def test_a_refusal_cannot_be_approved_whatever_else_is_open():
    assert (
        _status("refuse", "too few")[-1] == "It cannot be approved: gate_refuse refuse."
    )


def test_an_approved_candidate_says_so():
    assert _status("pass", approved=True)[-1] == "It is the approved version."
