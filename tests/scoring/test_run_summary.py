from riskscreen.policy import Places, Policy
from riskscreen.scoring.run_summary import describe_places, rests_on_others
from tests.small_site import policy

TWO = policy(first=0.7, base_risk=0.5)


def test_a_run_says_which_places_its_proposals_rest_on():
    words = describe_places(TWO, None)
    assert TWO.places.describe() in words
    assert "set-places" not in words
    assert describe_places(TWO, Places("site", 2.0, carry_weeks=4)) == words


def test_a_run_says_where_the_site_has_other_places_than_the_model():
    other = Places("team", {"A": 1.0, "B": 0.5})
    words = describe_places(TWO, other)
    for told in (TWO.places.describe(), other.describe(), "riskscreen set-places"):
        assert told in words
    assert rests_on_others(TWO, other)
    assert not rests_on_others(TWO, None)


def test_a_run_without_places_says_that_nobody_is_proposed():
    bare = Policy(base_risk=0.5)
    words = describe_places(bare, None)
    assert "nobody" in words
    assert "[places.<target>] in site.toml" in words
    assert rests_on_others(bare, Places("site", 2.0))


def test_a_run_of_a_model_without_dates_sends_nobody_to_set_places():
    undated = Policy(base_risk=0.5, places=Places("site", 2.0))
    words = describe_places(undated, Places("site", 2.0))
    assert "no dates" in words
    assert "set-places" not in words
