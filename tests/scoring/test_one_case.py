"""One case, as a form sends it, goes the way of every other case."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from riskscreen.errors import ScreeningError, TableError
from riskscreen.scoring.answers import Answer
from riskscreen.scoring.one_case import score_json, score_one
from riskscreen.scoring.score_cases import score
from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = small_site.EXTRACTED.date()
SECRET = "Jens Hansen"
CASE = small_site.LIVE_CASE
SPELLS = [
    {"code": "400", "start_date": "2018-02-26", "end_date": "2018-08-27"},
    {"code": "200", "start_date": "2018-10-07", "end_date": "2020-02-03"},
]


def asked(model, case=CASE, history=SPELLS):
    return score_one(model, case, history, as_of=AS_OF)


@pytest.mark.parametrize("kind", ["logistic", "lightgbm", "blend"])
def test_every_case_of_a_batch_gets_the_same_answer_alone(kind):
    model = small_site.model(kind)
    cases = small_site.cases(16, seed=5)
    history = small_site.history(cases, seed=5)
    batch = score(model, cases, history, as_of=AS_OF)
    reasons = batch.reasons.set_index(["case_id", "reason"])
    rows = batch.scores.set_index("case_id")
    statuses = {}
    for case in cases.to_dict("records"):
        own = history[history["person_id"] == case["person_id"]]
        spells = json.loads(own.to_json(orient="records", date_format="iso"))
        answer = score_one(model, case, spells, as_of=AS_OF)
        statuses[answer.case_id] = answer.status
        if answer.status in ("scored", "abstained"):
            row = rows.loc[answer.case_id]
            assert answer.risk == row["risk"]
            assert answer.proposed == row["proposed"]
            assert answer.pilot == row["pilot"]
            assert answer.interval_low == (
                None if pd.isna(row["interval_low"]) else row["interval_low"]
            )
            for one in answer.reasons:
                same = reasons.loc[(answer.case_id, one.reason)]
                assert (one.log_odds, one.points) == (same["log_odds"], same["points"])
            up = [one.words.da for one in answer.reasons if one.log_odds > 0]
            assert up[:1] == [row["reason_up_1"]][: len(up)]
    routed = {name for name, status in statuses.items() if status == "routed"}
    assert routed == set(batch.routed["case_id"])
    assert len(statuses) == 16


def test_json_in_gives_what_python_gives(model):
    now = datetime(2024, 12, 30, 12, tzinfo=UTC)
    text = json.dumps({"case": CASE, "history": SPELLS})
    answer = score_json(model, text, clock=lambda: now)
    assert answer == score_one(model, CASE, SPELLS, clock=lambda: now)
    assert answer.scored_at == "2024-12-30T12:00:00+00:00"
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
    for windows in ("utf-8-sig", "utf-16"):
        saved = text.encode(windows)
        assert score_json(model, saved, clock=lambda: now) == answer
    assert score_json(model, f"\ufeff{text}", clock=lambda: now) == answer


def test_reasons_come_strongest_first_in_both_languages(model):
    answer = asked(model)
    pulls = [abs(one.log_odds) for one in answer.reasons]
    assert pulls == sorted(pulls, reverse=True)
    alone = next(one for one in answer.reasons if one.reason == "alone")
    assert alone.missing
    assert alone.words.da.endswith("ikke oplyst")
    assert alone.words.en.endswith("not stated")


def test_what_is_not_about_the_case_is_named_and_is_no_reason():
    columns = small_site.specification().model_dump(by_alias=True)["columns"]
    columns["distance"]["applies_when"] = {"column": "alone", "is": [True]}
    model = small_site.model(spec=small_site.specification(columns=columns))
    together = asked(model, CASE | {"alone": "nej", "distance": None})
    assert together.inapplicable == ("distance",)
    assert "distance" not in {one.reason for one in together.reasons}
    assert asked(model, CASE | {"alone": "ja"}).inapplicable == ()


def test_an_empty_history_was_looked_up_and_no_history_was_not(model):
    answer = asked(model, history=[])
    assert (answer.status, answer.flags) == ("scored", ("no_history",))
    assert asked(model).flags == ()
    with pytest.raises(TableError, match="none was looked up"):
        asked(model, history=None)


def test_a_spell_that_goes_on_needs_no_end(model):
    onward = [{"code": "400", "start_date": "2018-02-26"}]
    closed = [onward[0] | {"end_date": None}]
    open_ended = asked(model, history=onward)
    assert open_ended == asked(model, history=closed).model_copy(
        update={"scored_at": open_ended.scored_at}
    )
    assert open_ended.route == "elsewhere"


def test_what_breaks_a_rule_is_set_aside_with_its_place(model):
    answer = asked(model, CASE | {"helpers": SECRET})
    assert answer.status == "set aside"
    assert answer.risk is None
    (why,) = answer.set_aside
    assert (why.table, why.row, why.rule) == ("cases", 1, "helpers: not a number")
    assert SECRET not in answer.model_dump_json()


def test_a_route_is_told_in_both_languages(model):
    answer = asked(model, CASE | {"declined": True})
    assert (answer.status, answer.risk) == ("routed", None)
    assert answer.route_words.da != answer.route_words.en != ""


def test_columns_that_nothing_reads_are_told_by_their_place(model):
    answer = asked(model, CASE | {SECRET: 1})
    assert answer.ignored == ("column 13",)
    assert answer.risk == asked(model).risk


@pytest.mark.parametrize(
    ("case", "history", "named"),
    [
        (SECRET, SPELLS, "case"),
        ({5: SECRET}, SPELLS, "case"),
        ({k: v for k, v in CASE.items() if k != "helpers"}, SPELLS, "helpers"),
        (CASE | {"helpers": [SECRET]}, SPELLS, "column 8"),
        (CASE | {"person_id": {SECRET: 1}}, SPELLS, "column 2"),
        (CASE, SECRET, "history"),
        (CASE, {"code": SECRET}, "history"),
        (CASE, [SECRET], "history"),
        (CASE, [{"code": SECRET}], "start_date"),
        (CASE, [SPELLS[0] | {"person_id": SECRET}], "another citizen"),
        (CASE | {f"{SECRET}{n}": 1 for n in range(300)}, SPELLS, "at most 200"),
        (
            CASE,
            [s | {f"{SECRET}{n}": 1} for n in range(300) for s in SPELLS],
            "at most",
        ),
    ],
)
def test_what_is_no_question_is_refused_by_its_place_alone(model, case, history, named):
    with pytest.raises(TableError, match=named) as refused:
        asked(model, case, history)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("rows", [[{"person_id": "other"}], [SECRET], SECRET, []])
def test_a_table_that_nobody_declared_is_refused_without_its_name(model, rows):
    with pytest.raises(TableError, match="tables: 1 names") as refused:
        score_one(model, CASE, SPELLS, tables={SECRET: rows}, as_of=AS_OF)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "the whole"),
        (b"\xff", "the whole"),
        (b"\xff\xfe\x00", "the whole"),
        ("[]", "the whole"),
        ('{"case": {"helpers": 1, "helpers": 2}, "history": []}', "the whole"),
        ('{"case": {}, "history": [], "history": []}', "the whole"),
        ('{"case": {"helpers": NaN}, "history": []}', "the whole"),
        ('{"case": {"helpers": 1e999}, "history": []}', "case"),
        ("[" * 100_000, "the whole"),
        ('{"case": 5}', "case"),
        ('{"case": {}, "history": ["Jens Hansen"]}', "history"),
        ('{"case": {}, "history": [], "Jens Hansen": 1}', "the whole"),
        ('{"case": {}, "tables": {"Jens Hansen": 1}}', "tables"),
    ],
)
def test_json_of_another_shape_is_refused_by_its_place_alone(model, text, place):
    with pytest.raises(TableError, match=f"damaged at {place}") as refused:
        score_json(model, text)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"history": []}', "at case: it is missing"),
        ('{"case": {}, "history": [], "day": 1}', "none of case, history, tables"),
        ('{"case": {"helpers": {"n": 1}}, "history": []}', "at case: a value that is"),
        ('{"case": {}, "history": [{"code": [1]}]}', r"at history\.0: a value that is"),
    ],
)
def test_json_of_another_shape_says_what_is_wrong_with_it(model, text, why):
    with pytest.raises(TableError, match=why):
        score_json(model, text)


@pytest.mark.parametrize(
    ("days", "status"), [(0, "scored"), (1, "scored"), (2, "set aside")]
)
def test_a_live_case_of_today_is_scored_and_one_of_a_later_day_set_aside(
    model, days, status
):
    decided = pd.Timestamp(CASE["decision_date"])
    now = (
        (decided - pd.Timedelta(days=days)).to_pydatetime().replace(hour=12, tzinfo=UTC)
    )
    assert score_one(model, CASE, SPELLS, clock=lambda: now).status == status


@pytest.mark.parametrize("times", [0, 1, 10])
def test_a_citizen_who_is_a_person_number_is_set_aside_whatever_rows_come_along(
    model, times
):
    rows = [SPELLS[0] | {"start_date": f"2018-02-{1 + n:02d}"} for n in range(times)]
    answer = asked(model, CASE | {"person_id": "010190-1234"}, rows)
    assert answer.status == "set aside"
    assert [one.table for one in answer.set_aside] == ["cases"]


def test_a_case_without_its_citizen_is_told_what_it_lacks(model):
    with pytest.raises(TableError, match=r"required column.* missing: person_id"):
        asked(model, {name: of for name, of in CASE.items() if name != "person_id"})
    with pytest.raises(TableError, match="required columns") as refused:
        asked(model, {"note": SECRET})
    assert "person_id" not in str(refused.value)  # no heading can be told from a row


def test_a_case_after_a_change_that_no_outcome_has_seen_is_a_pilot(model):
    change = {"day": "2024-07-01", "what": "others come", "state": "too young"}
    changed = replace(model, notes={**model.notes, "known_changes": (change,)})
    assert asked(changed).pilot
    assert not asked(changed, CASE | {"decision_date": "2024-06-20"}).pilot


def test_a_model_without_history_warns_of_such_a_change_too():
    spec = small_site.specification(
        history=None,
        population={"who": small_site.words("all")},
        outcome={
            "rule": "ready",
            "clock": "start_date",
            "horizon_weeks": 26,
            "long_words": small_site.words("long"),
        },
    )
    change = {"day": "2024-07-01", "what": "others come", "state": "too young"}
    plain = replace(small_site.model(spec=small_site.by_period()), spec=spec)
    changed = replace(plain, notes={"known_changes": (change,)})
    assert asked(plain, history=None).warnings == ()
    (warning,) = asked(changed, history=None).warnings
    assert change["day"] in warning
    assert change["what"] in warning


def test_a_moment_stands_for_its_day(model):
    noon = datetime(2024, 12, 30, 12, tzinfo=UTC)
    answer = score_one(model, CASE, SPELLS, as_of=noon)
    assert answer.data_date == noon.date()


def test_an_extract_that_is_still_to_come_is_refused(model):
    def noon():
        return datetime(2024, 12, 28, 12, tzinfo=UTC)

    with pytest.raises(ScreeningError, match="2 days after"):
        score_one(model, CASE, SPELLS, as_of=AS_OF, clock=noon)


def test_an_empty_further_table_was_looked_up():
    spec = small_site.specification(tables=[small_site.WORK])
    model = small_site.model(spec=spec)
    answer = score_one(model, CASE, SPELLS, tables={"work": []}, as_of=AS_OF)
    assert answer.empty_tables == ("work",)
    with pytest.raises(TableError, match="tables: not a mapping"):
        score_one(model, CASE, SPELLS, tables=[1], as_of=AS_OF)


@pytest.mark.thorough
def test_a_command_of_one_case_waits_for_no_library_that_it_does_not_need(tmp_path):
    folder = small_site.approved_folder(tmp_path / "m", "blend")
    (tmp_path / "q.json").write_text(json.dumps({"case": CASE, "history": SPELLS}))
    heavy = (
        *("sklearn", "scipy", "numba", "lightgbm", "pandera", "sqlalchemy", "mlflow"),
        *("matplotlib", "jinja2", "riskscreen.scoring.batch"),
    )  # rich is Typer's own: its older versions take it in whatever is asked
    words = ["riskscreen", "score", "--json", str(tmp_path / "q.json")]
    program = (
        "import sys; from riskscreen.cli import main;"
        f"sys.argv = {[*words, '--model', str(folder)]!r}\n"
        "try: main()\n"
        "except SystemExit:"
        f" print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout)["status"] == "scored"
    assert run.stderr.splitlines()[-1] == "[]"
