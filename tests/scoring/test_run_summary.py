from riskscreen.policy import Places, Policy
from riskscreen.scoring.run_summary import describe_places, rests_on_others
from tests.small_site import policy

TWO = policy(first=0.7, base_risk=0.5)


def test_a_run_says_which_places_its_proposals_rest_on():
    assert describe_places(TWO, None) == (
        "The thresholds rest on 2 places a week in all."
    )
    assert describe_places(TWO, Places("site", 2.0, carry_weeks=4)) == (
        "The thresholds rest on 2 places a week in all."
    )


def test_a_run_says_where_the_site_has_other_places_than_the_model():
    other = Places("team", {"A": 1.0, "B": 0.5})
    assert describe_places(TWO, other) == (
        "The thresholds rest on 2 places a week in all, not on the site's 1.5 places a "
        "week, each of 2 teams its own: run riskscreen set-places."
    )
    assert rests_on_others(TWO, other)
    assert not rests_on_others(TWO, None)


def test_a_run_without_places_says_that_nobody_is_proposed():
    bare = Policy(base_risk=0.5)
    words = describe_places(bare, None)
    assert "cases are ordered, and nobody is proposed" in words
    assert "[places.<target>] in site.toml" in words
    assert rests_on_others(bare, Places("site", 2.0))


def test_a_run_of_a_model_without_dates_sends_nobody_to_set_places():
    undated = Policy(base_risk=0.5, places=Places("site", 2.0))
    words = describe_places(undated, Places("site", 2.0))
    assert words.endswith("The cases that it was trained on carry no dates.")
    assert "set-places" not in words
