from types import SimpleNamespace

import pytest

from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.pages.shares import build_shares, describe_own_orders
from riskscreen.documents.texts import DANISH, ENGLISH, select_outcome_words
from riskscreen.model.calibration import BetaCalibration
from tests.scored_cases import specification
from tests.small_site import by_period


def model_of(spec, **end_states):
    notes = {"end_states": end_states} if end_states else {}
    return SimpleNamespace(spec=spec, notes=notes, calibration=BetaCalibration())


def row_of(risk, not_long, left):
    return SimpleNamespace(risk=risk, not_long=not_long, left=left)


def title_of(texts, form, *, weeks):
    return texts["case"][form].format(weeks=weeks, total=100)


def test_of_a_hundred_citizens_each_has_one_end():
    """43.6, 54.4 and 2.0 of 100."""
    spec = specification("long_absence")
    shares = build_shares(row_of(0.436, 0.544, 0.020), model_of(spec), DANISH)
    assert shares.title == title_of(DANISH, "shares_after", weeks="et halvt år")
    assert [row.n for row in shares.rows] == ["44", "54", "2"]
    assert shares.total == "100"
    assert "pension" in shares.rows[2].words


def test_the_share_that_is_long_is_rounded_as_the_risk_is():
    """16.6, 82.65 and 0.75 of 100: the largest remainders alone would make it 16."""
    spec = specification("long_absence")
    shares = build_shares(row_of(0.166, 0.8265, 0.0075), model_of(spec), DANISH)
    assert [row.n for row in shares.rows] == ["17", "82", "1"]


def test_nobody_is_claimed_to_be_none():
    spec = specification("long_unemployment")
    shares = build_shares(row_of(0.2, 0.799, 0.001), model_of(spec), ENGLISH)
    assert [row.n for row in shares.rows] == ["20", "80", "fewer than 1"]
    assert shares.title == title_of(ENGLISH, "shares_within", weeks="a year")
    assert "emigrated" in shares.rows[2].words


def test_a_course_that_may_end_has_words_of_its_own():
    spec = specification("short_flex_job")
    shares = build_shares(row_of(0.2, 0.75, 0.05), model_of(spec), DANISH)
    assert shares.title.startswith("I løbet af et år")
    assert [row.words for row in shares.rows[:2]] == ["Ophørt", "Ikke ophørt"]


@pytest.mark.parametrize("row", [SimpleNamespace(risk=0.4), row_of(0.4, None, None)])
def test_a_row_without_shares_shows_none(row):
    assert build_shares(row, model_of(by_period()), DANISH) is None


def bins(*counts, edges=()):
    return {"edges": list(edges), "counts": list(counts)}


def test_the_states_at_the_horizon_divide_the_share_that_they_stand_below():
    """Of a third who are long two thirds are sick; of like risk, not of all."""
    spec = specification("long_absence")
    model = model_of(
        spec,
        long=bins(
            {"clarified": 5, "sick": 95}, {"clarified": 20, "sick": 40}, edges=[-1]
        ),
        not_long=bins({"unemployed": 10, "work": 70, "partly_back": 20}),
        left=bins({"left": 10}),
    )
    shares = build_shares(row_of(0.3, 0.678, 0.022), model, DANISH)
    rows = [(row.css, row.n, row.words) for row in shares.rows]
    of = select_outcome_words(spec, DANISH)
    states = {n: s.words.da for n, s in spec.outcome.end_states.items()}
    ended = f"{DANISH['case']['share_left']} ({states['left']})"
    assert rows == [
        ("end", "30", of["share"]),
        ("state", "10", capitalise(states["clarified"])),
        ("state", "20", capitalise(states["sick"])),
        ("base", "68", of["share_not"]),
        ("state", "47", capitalise(states["work"])),
        ("state", "14", capitalise(states["partly_back"])),
        ("state", "7", capitalise(states["unemployed"])),
        ("base", "2", ended),
    ]
    assert "omtrent samme risiko" in shares.note


@pytest.mark.parametrize("risk", [0.0, 0.004, 0.05, 0.5, 0.951, 1.0])
def test_the_states_sum_to_the_share_above_them_whatever_is_rounded(risk):
    spec = specification("long_absence")
    thirds = bins({"work": 35, "partly_back": 35, "unemployed": 30})
    model = model_of(spec, long=bins({"clarified": 35, "sick": 35}), not_long=thirds)
    shares = build_shares(row_of(risk, 1 - risk, 0.0), model, ENGLISH)
    above, below, last = {}, {}, ""
    for row in shares.rows:
        n = 0 if row.n == "fewer than 1" else int(row.n)
        if row.css == "state":
            below[last] = below.get(last, 0) + n
        else:
            last = row.words
            above[last] = n
    assert sum(above.values()) == 100
    assert below == {words: above[words] for words in below}


def test_a_state_that_the_specification_does_not_name_has_words_too():
    spec = specification("long_absence")
    model = model_of(spec, long=bins({"another state": 10, "sick": 30}))
    shares = build_shares(row_of(0.4, 0.6, 0.0), model, ENGLISH)
    assert [row.words for row in shares.rows[1:3]][-1] == "Somewhere else"


def test_the_page_says_of_which_risk_the_reasons_are_where_another_has_its_own_order():
    model = model_of(specification("long_absence"))
    model.horizons = SimpleNamespace(
        primary=26, own=SimpleNamespace(coefficients={52: (0.1,)})
    )
    words = DANISH["case"]["reasons_of_primary"]
    told = words.format(primary="efter 26 uger", weeks="efter 52 uger")
    assert describe_own_orders(model, DANISH) == f" {told}"
    assert "(after 52 weeks)" in describe_own_orders(model, ENGLISH)
    model.horizons.own = None
    assert describe_own_orders(model, DANISH) == ""
    model.horizons = None
    assert describe_own_orders(model, DANISH) == ""


def test_a_course_that_ends_is_called_so():
    spec = specification("long_absence")
    ending = spec.model_copy(
        update={"outcome": spec.outcome.model_copy(update={"rule": "ended_within"})}
    )
    for texts in (DANISH, ENGLISH):
        words = select_outcome_words(ending, texts)
        shares = build_shares(row_of(0.4, 0.5, 0.1), model_of(ending), texts)
        said = [row.words for row in shares.rows]
        assert said[:2] == [words["share"], words["share_not"]]
        assert words != select_outcome_words(spec, texts)
