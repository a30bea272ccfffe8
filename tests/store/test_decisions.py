import pytest
from sqlalchemy import insert

from riskscreen.errors import PersonalDataError, UsageError
from riskscreen.store.chain import Content, Ledger
from riskscreen.store.decisions import (
    LONGEST_NOTE,
    decide,
    find_follow_rates,
    find_off_list,
)
from riskscreen.store.records import read_body, write_body
from riskscreen.store.schema import CONTENTS, DECISIONS, SCORES
from riskscreen.store.views import StoreMemory
from tests.store.kept import AT, count, keep, select_all, verified


@pytest.fixture
def kept(store, model, scoring):
    keep(store, model, scoring)
    return store


def noted(store, model, case, act, **more):
    given = {"target": model.spec.name, "act": act, "by": "caseworker", "at": AT}
    return decide(store, case, **given | more)


def list_off(store, model):
    with store.read() as connection:
        return find_off_list(connection, model.spec.name)


@pytest.mark.slow
def test_a_decision_is_noted_beside_the_score_and_changes_nothing_of_it(
    kept, model, scoring
):
    row = scoring.scores.iloc[0]
    before = select_all(kept, SCORES)
    number = noted(kept, model, row["case_id"], "disagree", note="Har fået arbejde")
    (stored,) = select_all(kept, DECISIONS)
    assert (stored.decision_id, stored.act, stored.team) == (
        number,
        "disagree",
        row["team"],
    )
    (content,) = [c for c in select_all(kept, CONTENTS) if c.content_id == number]
    assert read_body(bytes(content.body))["note"] == "Har fået arbejde"
    assert content.person_id == scoring.persons.iloc[0]
    assert select_all(kept, SCORES) == before
    assert verified(kept).faults == ()


@pytest.mark.slow
def test_a_no_takes_the_case_off_the_list_until_somebody_agrees(kept, model, scoring):
    one, two, three = scoring.scores["case_id"].iloc[:3]
    noted(kept, model, one, "disagree")
    noted(kept, model, two, "decline")
    noted(kept, model, three, "agree")
    assert list_off(kept, model) == {one, two}
    noted(kept, model, one, "agree")
    noted(kept, model, two, "add", note="Ringede")
    assert list_off(kept, model) == {two}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"note": "cpr 010161-4000"}, PersonalDataError),
        ({"by": "010161-4000"}, PersonalDataError),
        ({"by": ""}, UsageError),
        ({"act": "add"}, UsageError),
        ({"act": "maybe"}, UsageError),
        ({"note": "x" * (LONGEST_NOTE + 1)}, UsageError),
        ({"target": "another"}, UsageError),
    ],
)
def test_what_may_not_be_noted_is_refused_and_nothing_is(
    kept, model, scoring, change, kind
):
    case = scoring.scores["case_id"].iloc[0]
    with pytest.raises(kind):
        noted(kept, model, case, **{"act": "agree", **change})
    assert count(kept, DECISIONS) == 0


def write_decisions(store, team, acts):
    """Decisions on a case each, without a score of it."""
    with store.write() as connection:
        ledger = Ledger.take(connection)
        for n, act in enumerate(acts):
            content = Content(f"{team}-{n}", None, write_body({}))
            number = ledger.tell("decision", AT, content=content)
            ledger.write()
            connection.execute(
                insert(DECISIONS).values(
                    decision_id=number,
                    target="t",
                    municipality="Nord",
                    team=team,
                    act=act,
                    proposed=True,
                    decided_at="x",
                    decided_by="caseworker",
                )
            )


@pytest.mark.slow
def test_a_teams_follow_rate_is_a_range_and_nearly_always_is_warned_of(store):
    write_decisions(store, "A", ["agree"] * 25)
    write_decisions(store, "B", ["agree"] * 13 + ["disagree"] * 12 + ["decline"] * 9)
    write_decisions(store, "C", ["agree"] * 19)
    rates = {rate.team: rate for rate in find_follow_rates(store)}
    assert (rates["A"].low, rates["A"].high) == (95, 100)
    assert rates["A"].nearly_always
    assert "følges næsten altid" in rates["A"].describe()
    assert (rates["B"].low, rates["B"].high) == (50, 55)
    assert not rates["B"].nearly_always
    assert (rates["C"].low, rates["C"].high) == (None, None)
    assert "19" not in rates["C"].describe()
    ranges = StoreMemory(store, AT).find_follow_ranges(rates["A"].target)
    assert {team: (of.low, of.nearly_always) for (_, team), of in ranges.items()} == {
        "A": (95, True),
        "B": (50, False),
        "C": (None, False),
    }
    assert StoreMemory(store, AT).find_follow_ranges("another") == {}


def test_the_last_decision_on_a_case_is_the_one_that_counts(store):
    write_decisions(store, "A", ["disagree"] * 20)
    write_decisions(store, "A", ["agree"] * 20)  # of the same cases
    (rate,) = find_follow_rates(store)
    assert rate.low == 95
