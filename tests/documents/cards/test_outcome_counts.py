from pathlib import Path

import pandas as pd
import pytest

from riskscreen.documents.cards.outcome_counts import count_outcomes
from riskscreen.spec import read_specification
from tests import small_site

READY = small_site.by_period()
SPEC = read_specification(Path(__file__).parents[3] / "models" / "long_absence.toml")


def test_one_small_outcome_hides_the_next_larger_beside_it():
    names = ["long"] * 50 + ["not long"] * 90 + ["competing event"] * 3
    names += ["censored"] * 20
    told = count_outcomes(READY, pd.DataFrame({"outcome": names})).outcomes
    assert told == {
        "competing event": None,
        "censored": 20,
        "long": None,
        "not long": 90,
    }
    whole = count_outcomes(READY, pd.DataFrame({"outcome": names[:140]})).outcomes
    assert whole == {"long": 50, "not long": 90}


def outcomes_table(*rows):
    """Outcomes of (outcome, code group at the horizon, how many)."""
    parts = [pd.DataFrame([row[:2]] * row[2]) for row in rows]
    return pd.concat(parts).set_axis(["outcome", "end_group"], axis=1)


CASES = outcomes_table(
    ("long", "sygedagpenge", 60),
    ("long", "jobafklaring", 20),
    ("long", "fleksjob", 20),
    ("not long", "selvforsoergelse", 80),
    ("not long", "dagpenge", 20),
    ("competing event", "doed", 50),
    ("censored", None, 10),
)


def reading(clarified_is):
    outcome = SPEC.outcome.model_copy(update={"clarified_is": clarified_is})
    return SPEC.model_copy(update={"outcome": outcome})


def test_the_states_at_the_horizon_are_counted_within_their_outcome():
    counts = count_outcomes(SPEC, CASES)
    states = {(row.outcome, row.state): row.n for row in counts.end_states}
    assert states == {
        ("long", "sick"): 80,
        ("long", "clarified"): 20,
        ("not long", "work"): 80,
        ("not long", "unemployed"): 20,
        ("competing event", "left"): 50,
    }


def test_a_state_of_a_few_takes_the_next_with_it_and_hides_the_shares():
    few = outcomes_table(("long", "fleksjob", 3), ("long", "sygedagpenge", 60))
    counts = count_outcomes(SPEC, pd.concat([CASES[CASES.outcome != "long"], few]))
    assert {row.n for row in counts.end_states if row.outcome == "long"} == {None}
    assert counts.clarified is None


def test_the_shares_are_hidden_with_an_outcome_that_they_would_tell():
    """Their total beside 100 long cases would say that 3 have left."""
    few_left = outcomes_table(("competing event", "doed", 3))
    counts = count_outcomes(
        SPEC, pd.concat([CASES[CASES.outcome != "competing event"], few_left])
    )
    assert counts.outcomes["competing event"] is None
    assert counts.clarified is None


@pytest.mark.slow
@pytest.mark.parametrize("states", [SPEC.outcome.end_states, {}])
def test_the_shares_are_hidden_where_few_are_clarified_or_few_of_a_state_are_not(
    states,
):
    narrow = {"clarified": ("fleksjob",), "end_states": states}
    spec = SPEC.model_copy(update={"outcome": SPEC.outcome.model_copy(update=narrow)})
    few = outcomes_table(("long", "fleksjob", 3), ("long", "foertidspension", 30))
    most = outcomes_table(("long", "fleksjob", 30), ("long", "foertidspension", 3))
    other = CASES[CASES.end_group != "fleksjob"]
    assert count_outcomes(spec, CASES).clarified is not None
    assert count_outcomes(spec, pd.concat([other, few])).clarified is None
    hidden = count_outcomes(spec, pd.concat([other, most])).clarified is None
    assert hidden == bool(states)


def test_the_share_that_is_long_is_given_under_both_readings():
    """Of 250 known outcomes 100 are long, 20 of them by a flex job."""
    shares = count_outcomes(reading("as_mapped"), CASES).clarified
    assert (shares.as_mapped, shares.not_long) == pytest.approx((0.4, 0.32))
    moved = CASES.assign(
        outcome=CASES["outcome"].mask(CASES["end_group"] == "fleksjob", "not long")
    )
    assert count_outcomes(reading("not_long"), moved).clarified == shares


def test_a_target_without_end_states_has_none():
    counts = count_outcomes(READY, CASES)
    assert (counts.end_states, counts.clarified) == ((), None)
