from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from riskscreen.case_system import list_messages, take_messages, update_outbox
from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.scoring.score_cases import score
from riskscreen.store import SHADOW, begin_store, keep_run
from riskscreen.store.chain import Content, Ledger
from riskscreen.store.keeping import RunKeeper
from riskscreen.store.schema import CONTENTS, DECISIONS, EVENTS, OUTBOX
from riskscreen.store.verifying import verify_chain
from tests import landmarks, small_site

AT = datetime(2025, 1, 6, 8, tzinfo=UTC)
DAY = date(2024, 6, 1)


@pytest.fixture(scope="session")
def proposing(scoring):
    """The scoring with five cases proposed, each of a citizen of its own."""
    scores = scoring.scores.copy()
    own = ~scoring.persons.duplicated(keep=False).to_numpy()
    shown = own & ~scores["abstained"].to_numpy(dtype=bool)
    chosen = scores.index[shown][:5]
    scores["proposed"] = scores.index.isin(chosen)
    return scoring.with_scores(scores)


@pytest.fixture
def proposed(proposing):
    return set(proposing.scores.loc[proposing.scores["proposed"], "case_id"])


def keep(store, model, scoring, *, at=AT):
    with keep_run(store, model, at=at, data_date=DAY) as add:
        add(scoring)


def take_cases(explained, places):
    """The reasons of the cases at *places* alone."""
    arrays = ("case_ids", "log_odds", "points", "shown", "value", "unreadable")
    taken = {name: getattr(explained, name)[places] for name in arrays}
    members = {at: of[places] for at, of in explained.members.items()}
    absent = explained.inapplicable[places]
    return replace(explained, **taken, inapplicable=absent, members=members)


def without(scoring, case):
    """The scoring of a delivery in which *case* is not any more."""
    stays, known = scoring.scores["case_id"] != case, scoring.known
    return replace(
        scoring.with_scores(scoring.scores[stays]),
        persons=scoring.persons[stays.to_numpy()].reset_index(drop=True),
        explained=take_cases(scoring.explained, stays.to_numpy()),
        known=replace(known, cases=known.cases.take(known.cases["case_id"] != case)),
    )


def change_input(scoring, case):
    """The scoring of a delivery in which something about *case* has changed."""
    scores = scoring.scores.copy()
    scores.loc[scores["case_id"] == case, "input_fingerprint"] = "changed"
    return scoring.with_scores(scores)


def act(store, case, what, *, at=AT):
    """Write a decision on *case*, as the command of decisions does."""
    with store.write() as connection:
        ledger = Ledger.take(connection)
        content = Content(case, None, b"")
        number = ledger.tell("decision", at, content=content)
        ledger.write()
        connection.execute(
            insert(DECISIONS).values(
                decision_id=number,
                target="small_target",
                municipality="Nord",
                team="A",
                act=what,
                proposed=True,
                decided_at="2025-01-06T09:00:00+00:00",
                decided_by="caseworker",
            )
        )


@pytest.fixture
def update(store, model):
    """Update the outbox, on a day before every horizon unless another is named."""

    def run(*, on=DAY, **given):
        return update_outbox(store, model.spec, on=on, at=AT, **given)

    return run


def list_closed(store):
    with store.read() as connection:
        rows = connection.execute(
            select(OUTBOX.c.case_id, OUTBOX.c.closed_because).where(
                OUTBOX.c.closed_at.is_not(None)
            )
        ).all()
    return {row.case_id: row.closed_because for row in rows}


@pytest.mark.slow
def test_each_proposed_case_has_one_neutral_message_with_a_link_of_its_own(
    store, model, proposing, proposed, update
):
    keep(store, model, proposing)
    change = update()
    assert (change.opened, change.closed, change.open) == (5, {}, 5)
    again = update()
    assert (again.opened, again.closed, again.open) == (0, {}, 5)
    messages = list_messages(store)
    assert {of.case_id for of in messages} == proposed
    assert len({of.link for of in messages}) == 5
    assert {len(of.link) for of in messages} == {32}
    assert len({of.words for of in messages}) == 1
    assert {of.closed_at for of in messages} == {None}
    with store.read() as connection:
        assert verify_chain(connection).faults == ()
        kinds = select(EVENTS.c.details).where(EVENTS.c.kind == "outbox")
        (told,) = connection.execute(kinds).scalars()
    assert told == '{"closed": {}, "opened": 5, "target": "small_target"}'


@pytest.mark.slow
def test_the_view_has_neither_risk_nor_band_nor_reason_nor_person(
    store, model, proposing, update
):
    keep(store, model, proposing)
    update()
    with store.read() as connection:
        rows = connection.execute(text("SELECT * FROM outbox_messages")).mappings()
        columns = set(next(iter(rows)))
    assert columns == {
        *("link", "case_id", "target", "words"),
        *("created_at", "closed_at", "taken_at", "taken_by"),
    }


@pytest.mark.slow
def test_a_case_that_is_not_delivered_any_more_closes_and_comes_back_anew(
    store, model, proposing, proposed, update
):
    keep(store, model, proposing)
    update()
    gone = min(proposed)
    keep(store, model, without(proposing, gone))
    assert update().closed == {"not_scored": 1}
    assert list_closed(store) == {gone: "not_scored"}
    keep(store, model, proposing)
    assert update().opened == 1
    links = [of.link for of in list_messages(store) if of.case_id == gone]
    assert len(set(links)) == 2


@pytest.mark.slow
def test_a_case_that_was_scored_again_has_another_message(
    store, model, proposing, proposed, update
):
    keep(store, model, proposing)
    update()
    keep(store, model, change_input(proposing, min(proposed)))
    change = update()
    assert (change.opened, change.closed, change.open) == (1, {"scored_again": 1}, 5)


@pytest.mark.slow
def test_a_case_past_its_horizon_closes(store, model, proposing, proposed, update):
    keep(store, model, proposing)
    update()
    started = proposing.scores.set_index("case_id").loc[list(proposed), "start_date"]
    ends = started + pd.Timedelta(weeks=model.spec.outcome.horizon_weeks)
    last = ends.sort_values().iloc[0].date()
    assert update(on=last).closed == {}
    assert update(on=last + timedelta(days=1)).closed["past_horizon"] >= 1
    assert ends.idxmin() in list_closed(store)


@pytest.mark.slow
@pytest.mark.parametrize("act_against", ["disagree", "decline"])
def test_what_somebody_decided_against_closes_and_no_other_does(
    store, model, proposing, proposed, update, act_against
):
    keep(store, model, proposing)
    update()
    case = min(proposed)
    act(store, case, act_against)
    assert update().closed == {"decided": 1}
    assert list_closed(store) == {case: "decided"}
    keep(store, model, proposing)
    assert update().opened == 0
    act(store, case, "agree")
    assert update().opened == 1


@pytest.mark.slow
def test_the_message_of_an_erased_case_closes_whoever_erased_it(
    store, model, proposing, proposed, update
):
    keep(store, model, proposing)
    update()
    with store.write() as connection:
        case = CONTENTS.c.case_id == min(proposed)
        connection.execute(delete(CONTENTS).where(case))
    change = update()
    assert (change.opened, change.closed) == (0, {"erased": 1})


@pytest.mark.slow
def test_of_a_citizens_proposals_the_latest_alone_has_a_message(
    store, model, proposing, update
):
    persons = proposing.persons.copy()
    persons[proposing.scores["proposed"].to_numpy()] = "the same citizen"
    keep(store, model, replace(proposing, persons=persons))
    assert update().opened == 1
    scores = proposing.scores[proposing.scores["proposed"]]
    last = scores.sort_values(["decision_date", "case_id"])["case_id"].iloc[-1]
    assert [of.case_id for of in list_messages(store)] == [last]


@pytest.mark.slow
def test_a_run_that_was_cut_short_closes_nothing(
    store, model, proposing, proposed, update
):
    keep(store, model, proposing)
    update()
    cut = RunKeeper.begin(store, model, at=AT, data_date=DAY)
    cut.add(without(proposing, min(proposed)))
    assert update().open == 5


def test_before_a_run_there_is_no_message(store, update):
    assert (update().opened, list_messages(store)) == (0, [])


@pytest.mark.slow
def test_a_message_is_taken_once_and_stays_taken_when_it_closes(
    store, model, proposing, proposed, update
):
    keep(store, model, proposing)
    update()
    links = [of.link for of in list_messages(store)][:2]
    for taken in (2, 0):
        assert take_messages(store, [*links, "none"], by="case system", at=AT) == taken
    keep(store, model, without(proposing, min(proposed)))
    update()
    named = {of.link for of in list_messages(store) if of.taken_by == "case system"}
    assert named == set(links)


def test_who_takes_messages_is_a_system(store):
    with pytest.raises(UsageError, match="--by"):
        take_messages(store, [], by=" x", at=AT)
    with pytest.raises(PersonalDataError, match="--by"):
        take_messages(store, [], by="0101901234", at=AT)


@pytest.mark.slow
def test_an_account_of_the_case_system_reads_and_takes_and_sees_no_more(
    fresh_postgres, model, proposing
):
    """As docs/how-to/outbox.md has it."""
    store = begin_store(fresh_postgres)
    keep(store, model, proposing)
    update_outbox(store, model.spec, on=DAY, at=AT)
    grant = "GRANT SELECT, UPDATE (taken_at, taken_by) ON outbox_messages TO reader"
    with store.write() as connection:
        connection.execute(text("CREATE ROLE reader"))
        connection.execute(text(grant))

    def ask(query):
        with store.write() as connection:
            connection.execute(text("SET LOCAL ROLE reader"))
            return connection.execute(text(query)).rowcount

    try:
        taking = "UPDATE outbox_messages SET taken_at = '2025', taken_by = 'cs'"
        assert ask(taking) == 5
        for asked in (
            "SELECT * FROM outbox",
            "SELECT * FROM scores",
            "UPDATE outbox_messages SET closed_at = '2025'",
        ):
            with pytest.raises((DBAPIError, FileError)):
                ask(asked)
    finally:
        with store.write() as connection:
            connection.execute(text("DROP OWNED BY reader"))
            connection.execute(text("DROP ROLE reader"))


def test_a_shadow_opens_no_message_and_closes_none(store, model, proposing, proposed):
    keep(store, model, proposing)
    given = {"on": DAY, "at": AT}
    assert update_outbox(store, model.spec, **given).opened == len(proposed)
    before = list_messages(store)
    everybody = proposing.scores.assign(proposed=~proposing.scores["proposed"])
    other = replace(model, policy=replace(model.policy, base_risk=0.4))
    with keep_run(store, other, at=AT, data_date=DAY, purpose=SHADOW) as add:
        add(proposing.with_scores(everybody))
    found = update_outbox(store, model.spec, **given)
    assert (found.opened, found.closed, found.open) == (0, {}, len(proposed))
    assert list_messages(store) == before


@pytest.mark.slow
def test_at_a_landmark_the_horizon_is_its_own_and_who_has_help_gets_no_message(
    tmp_path,
):
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    model = landmarks.model()
    model = replace(model, policy=small_site.policy(first=0.2, base_risk=0.1))
    cases, past = landmarks.cases(), landmarks.history()
    scoring = score(model, cases, past, as_of=landmarks.AS_OF)
    keep(store, model, scoring)

    def update(on, *helped):
        change = update_outbox(store, model.spec, on=on, at=AT, helped=helped)
        open_now = {m.case_id for m in list_messages(store) if not m.closed_at}
        return open_now, dict(change.closed)

    assert update(landmarks.AS_OF)[0] == {"new", "eight", "thirteen", "gone"}
    # Help at intake leaves the intake's message; at a landmark it closes one.
    told, closed = update(landmarks.AS_OF, "new", "eight")
    assert (told, closed) == ({"new", "thirteen", "gone"}, {"helped": 1})
    # Where nobody says who has help, what was closed for it stays closed.
    unsaid = update_outbox(store, model.spec, on=landmarks.AS_OF, at=AT)
    assert (unsaid.opened, unsaid.closed, unsaid.open) == (0, {}, 3)
    # The intake looks 26 weeks ahead of the clock, week 13 looks 39.
    assert update(date(2025, 5, 20), "eight")[0] == {"new", "thirteen"}
    assert update(date(2025, 6, 10), "eight")[0] == {"thirteen"}
    # Whatever the specification that is read says of landmarks by now.
    spec = model.spec.model_copy(update={"landmarks": ()})
    change = update_outbox(store, spec, on=date(2025, 6, 10), at=AT, helped=("eight",))
    assert (change.opened, change.closed, change.open) == (0, {}, 1)
    assert update(date(2025, 6, 17), "eight")[0] == set()
