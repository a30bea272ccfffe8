import json
import multiprocessing
import warnings
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select, text

from riskscreen.errors import FileError
from riskscreen.store import begin_store, find_scores
from riskscreen.store.keeping import RunKeeper
from riskscreen.store.schema import CONTENTS, EVENTS, RUNS, SCORES
from tests.store.kept import AT, DAY, count, keep, verified

FORK = multiprocessing.get_context("fork")


def test_a_score_is_kept_with_reasons_model_thresholds_and_purpose(
    store, model, scoring
):
    keep(store, model, scoring)
    row = scoring.scores.iloc[3]
    (found,) = find_scores(store, row["case_id"])
    assert found.said["score"]["risk"] == row["risk"]
    assert found.person_id == scoring.persons.iloc[3]
    own = scoring.reasons[scoring.reasons["case_id"] == row["case_id"]]
    assert found.said["reasons"]["reason"] == own["reason"].tolist()
    points = found.said["reasons"]["points"]
    assert points == pytest.approx(own["points"].tolist(), abs=1e-9, rel=0)
    assert found.said["facts"]["distance"] is not None
    assert found.run["model_version"] == model.version
    assert found.run["model_sha256"] == model.digest
    assert found.run["specification_sha256"] == model.spec.fingerprint()
    assert found.run["purpose"] == "intake"
    assert found.run["scored_at"] == "2025-01-06T08:00:00+00:00"
    assert json.loads(found.run["thresholds"]) == json.loads(
        json.dumps(model.policy.to_json())
    )


@pytest.mark.slow
def test_the_same_input_and_model_leave_one_score(store, model, scoring):
    n = len(scoring.scores)
    keep(store, model, scoring)
    keep(store, model, scoring)
    assert (count(store, SCORES), count(store, CONTENTS)) == (n, n)
    assert count(store, RUNS) == 2
    with store.read() as connection:
        seen = connection.execute(select(SCORES.c.first_run, SCORES.c.last_run)).all()
    (one,) = set(seen)
    assert one.first_run < one.last_run
    assert verified(store).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("what", ["input", "purpose"])
def test_another_input_or_purpose_is_another_score(store, model, scoring, what):
    keep(store, model, scoring)
    other = scoring.scores.copy()
    if what == "input":
        other.loc[other.index[0], "input_fingerprint"] = "0" * 16
        keep(store, model, scoring.with_scores(other))
        assert count(store, SCORES) == len(other) + 1
        first = other.iloc[0]["case_id"]
        assert len(find_scores(store, first, target=model.spec.name)) == 2
    else:
        keep(store, model, scoring, purpose="trial")
        assert count(store, SCORES) == 2 * len(other)


def other_person(scoring):
    persons = scoring.persons.copy()
    persons.iloc[0] = "p-corrected"
    return replace(scoring, persons=persons)


def other_told(name, value):
    def change(scoring):
        scores = scoring.scores.copy()
        scores.loc[scores.index[0], name] = value
        return scoring.with_scores(scores)

    return change


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(other_person, id="person"),
        pytest.param(other_told("team", "another"), id="team"),
        pytest.param(other_told("proposed", True), id="proposed"),
    ],
)
def test_what_else_a_score_tells_makes_another_and_is_the_newest(
    store, model, scoring, change
):
    """An erasure finds a case by its person of now, a message goes by the proposal."""
    assert not scoring.scores["proposed"].iloc[0]
    n = len(scoring.scores)
    keep(store, model, scoring)
    keep(store, model, change(scoring))
    keep(store, model, change(scoring))
    assert count(store, SCORES) == n + 1
    # What is told as before again is the first one, and the newest.
    keep(store, model, scoring)
    assert count(store, SCORES) == n + 1
    with store.read() as connection:
        chosen = select(SCORES.c.first_run, SCORES.c.last_run, CONTENTS.c.person_id)
        chosen = chosen.join_from(
            SCORES, CONTENTS, SCORES.c.score_id == CONTENTS.c.content_id
        )
        case = scoring.scores["case_id"].iloc[0]
        rows = connection.execute(chosen.where(CONTENTS.c.case_id == case)).all()
    first, second = sorted(rows)
    assert first.last_run > second.last_run > second.first_run > first.first_run


@pytest.mark.slow
def test_a_fingerprint_is_another_in_another_store(tmp_path, model, scoring):
    found = []
    for name in ("one.db", "two.db"):
        store = begin_store(f"sqlite:///{tmp_path / name}")
        keep(store, model, scoring)
        with store.read() as connection:
            rows = connection.execute(select(SCORES.c.input_fingerprint)).scalars()
            found.append({bytes(row) for row in rows})
    plain = {bytes.fromhex(of) for of in scoring.scores["input_fingerprint"]}
    assert not found[0] & found[1]
    assert {len(of) for of in found[0]} == {16}
    assert not any(of[:8] in plain for of in found[0])


@pytest.mark.slow
def test_at_a_server_an_index_finds_the_scores_of_cases_among_many(
    fresh_postgres, model
):
    """Without a word to the planner it would go through every row of contents."""
    store = begin_store(fresh_postgres)
    keeper = RunKeeper.begin(store, model, at=AT, data_date=DAY)
    many = "FROM generate_series(2, 20001) AS n"
    with store.write() as connection:
        connection.execute(
            text(f"INSERT INTO contents SELECT n, 'case-' || n, 'p', 's', 'b' {many}")
        )
        connection.execute(
            text(
                "INSERT INTO scores (score_id, first_run, last_run, municipality, "
                "team, risk, proposed, input_fingerprint) "
                f"SELECT n, 1, 1, 'a', 'b', 0.1, false, 'f' {many}"
            )
        )
    with store.work_alone() as connection:
        connection.execute(text("ANALYZE"))
    plans = []

    def explain(_connection, cursor, statement, parameters, *_given):
        if "contents.case_id IN" in statement:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    cases = [f"case-{n}" for n in range(2, 1002)]
    event.listen(store.engine, "before_cursor_execute", explain)
    with store.write() as connection:
        assert len(keeper._find_known(connection, cases)) == len(cases)
    assert len(plans) == 2
    for plan in plans:
        assert "Bitmap Index Scan on contents_by_case" in plan
        assert "Bitmap Index Scan on scores_pkey" in plan
        assert "Seq Scan" not in plan
    with store.read() as connection:
        left = connection.execute(text("SHOW enable_seqscan")).scalar_one()
    assert left == "on"


@pytest.mark.slow
def test_a_run_that_is_cut_short_says_so_and_the_next_completes_it(
    store, model, scoring
):
    nine = scoring.with_scores(scoring.scores.iloc[:9])
    half = replace(nine, persons=scoring.persons.iloc[:9])
    RunKeeper.begin(store, model, at=AT, data_date=DAY).add(half)
    keep(store, model, scoring)
    with store.read() as connection:
        ended = connection.execute(
            select(RUNS.c.finished_at).order_by(RUNS.c.run_id)
        ).scalars()
        assert list(ended) == [None, "2025-01-06T08:00:00+00:00"]
    assert count(store, SCORES) == len(scoring.scores)


def write_several(url, model, scoring, writer):
    store = begin_store(url)
    for n in range(6):
        keep(store, model, scoring, purpose=f"{writer} {n}")


@pytest.mark.thorough
@pytest.mark.slow
def test_eight_writers_at_once_lose_nothing_and_wait_for_each_other(
    url, model, scoring
):
    writers = [
        FORK.Process(target=write_several, args=(url, model, scoring, n))
        for n in range(8)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking beside a thread
        for writer in writers:
            writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 8
    store = begin_store(url)
    with store.read() as connection:
        per_run = connection.execute(
            select(func.count()).select_from(SCORES).group_by(SCORES.c.first_run)
        ).scalars()
        per_run = list(per_run)
    assert len(per_run) == 48
    assert len(set(per_run)) == 1
    assert verified(store).faults == ()


@pytest.mark.slow
def test_a_full_disk_is_said_and_leaves_the_store_whole(tmp_path, model, scoring):
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    keep(store, model, scoring)
    before = count(store, EVENTS)
    filled = limit_pages(begin_store(f"sqlite:///{tmp_path / 'store.db'}"))
    with pytest.raises(FileError, match="disk is full"):
        keep_often(filled, model, scoring)
    assert verified(store).faults == ()
    assert count(store, EVENTS) > before
    keep(store, model, scoring, purpose="afterwards")
    assert verified(store).faults == ()


def keep_often(store, model, scoring):
    for n in range(50):
        keep(store, model, scoring, purpose=f"further {n}")


def limit_pages(store):
    """Let the database grow by a page or two at a time, as on a disk with no more."""

    @event.listens_for(store.engine, "connect")
    def limit(connection, _record):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    return store
