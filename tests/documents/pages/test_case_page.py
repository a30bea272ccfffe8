import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages.case_page import (
    CasePlacement,
    PageBuilder,
)
from riskscreen.documents.pages.certainty import describe_certainty
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.pages.horizon_rows import build_horizons
from riskscreen.documents.pages.merging import merge_case_pages
from riskscreen.documents.pages.page_values import (
    CaseDeadlines,
    ChangesSinceScore,
    FigureSteps,
)
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.waterfall import FACTS_SHOWN
from riskscreen.documents.texts import DANISH, ENGLISH
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.model.abstention import TrainingProfile
from riskscreen.model.events import FEWEST_EVENTS
from riskscreen.model.wording import TEXTS
from riskscreen.rules.deadline_rules import read_shipped_rules
from tests.scored_cases import fitted_model

AS_OF = date(2025, 1, 20)
VALUES = TEXTS["da"]["value"]
PLACED = CasePlacement(
    "Team Nord", "Sagen er nr. 1 af 2 i uge 3, 2025.", "Foreslås ikke."
)


@pytest.fixture(scope="module")
def model():
    return fitted_model()


@pytest.fixture(scope="module")
def builder(model):
    return PageBuilder(model, DANISH, AS_OF, read_shipped_rules())


class Case:
    """One row of scores."""

    case_id = "400001"
    band = "first"
    later_proposal = None
    off_list = False
    start_date = pd.Timestamp("2024-12-30")
    decision_date = pd.Timestamp("2025-01-13")

    def __init__(self, risk, base_risk):
        self.risk, self.base_risk = risk, base_risk


def page_of(builder, points, *, base=0.3, values=None):
    """A page whose reasons, in the specification's order, have these points."""
    found = reasons_in_order(builder, points, values=values)
    case = Case(base + found.points.sum(), base)
    return builder.build_case_page(case, found, placed=PLACED, worklist="team-001.html")


def reasons_in_order(builder, points, *, values=None):
    """The reasons of the specification, strongest first."""
    names = [r.name for r in list_reasons(builder.model.spec)]
    shown = [r.features[0] for r in list_reasons(builder.model.spec)]
    points = np.array([*points, *[0.0] * (len(names) - len(points))])
    order = np.argsort(-np.abs(points), kind="stable")
    return CaseReasons(
        reason=np.array(names, dtype=object)[order],
        feature=np.array(shown, dtype=object)[order],
        value=np.array(values or [0.0] * len(names), dtype=float)[order],
        points=points[order],
        unreadable=np.zeros(len(names), dtype=bool),
        named=np.ones(len(names), dtype=bool),
        members=np.full(len(names), "", dtype=object),
    )


def to_number(text):
    return int(text.replace("−", "-").replace("+", ""))


def ideas_of(page):
    """What stands between the two ends of a waterfall, by label."""
    (question,) = page.questions
    return {row.label: row for row in question.waterfall.rows[1:-1]}


@pytest.mark.slow
def test_what_is_read_adds_up_exactly(builder):
    """The average and the ideas give the score, and facts give their idea."""
    draw = np.random.default_rng(0)
    for _ in range(40):
        points = draw.normal(0, 0.03, 29) * draw.integers(0, 2, 29)
        (question,) = page_of(builder, points, base=0.45).questions
        start, *steps, end = (to_number(of.points) for of in question.waterfall.rows)
        assert start + sum(steps) == end
        every = question.every_reason
        assert sum(to_number(row.points) for row in every) == end - start
        for idea, row in ideas_of(page_of(builder, points, base=0.45)).items():
            own = [to_number(r.points) for r in every if r.idea == idea]
            assert to_number(row.points) == sum(own)


def test_all_reasons_stand_in_the_list_and_nothing_is_hidden(builder):
    (question,) = page_of(builder, [0.05, -0.02, 0.01]).questions
    assert len(question.every_reason) == len(list_reasons(builder.model.spec))


def test_an_idea_names_its_strongest_facts_with_their_points(builder):
    """age and education are life, main cause health: 0.09, 0.07 and 0.08."""
    ideas = ideas_of(page_of(builder, [0.09, 0.07, 0.08]))
    assert {name: row.points for name, row in ideas.items()} == {
        "Alder og uddannelse": "+16",
        "Helbred": "+8",
    }
    facts = ideas["Alder og uddannelse"].facts
    assert [fact.points for fact in facts] == ["+9", "+7"]
    assert all(fact.words[0].isupper() for fact in facts)
    assert len(ideas_of(page_of(builder, [0.05] * 20))["Helbred"].facts) == FACTS_SHOWN


def test_reasons_that_may_not_be_named_are_one_sum_without_words(builder):
    found = reasons_in_order(builder, [0.09, 0.04])
    found = replace(found, named=found.points < 0.05)
    case = Case(0.43, 0.3)
    page = builder.build_case_page(case, found, placed=PLACED, worklist="team-001.html")
    others = ideas_of(page)[DANISH["case"]["others"]]
    assert (others.points, others.facts) == ("+9", ())


def test_a_case_at_the_base_has_no_step(builder):
    (question,) = page_of(builder, []).questions
    assert [row.points for row in question.waterfall.rows] == ["30", "30"]


def test_where_no_order_stays_within_the_axis_the_figures_stand_without_bars(builder):
    """29 + 80 − 66: whichever is first leads out."""
    (question,) = page_of(builder, [0.80, 0.0, -0.66], base=0.29).questions
    assert not question.waterfall.has_bars
    assert [row.points for row in question.waterfall.rows] == ["29", "+80", "−66", "43"]
    assert all(row.picture == "" for row in question.waterfall.rows[1:-1])
    assert question.waterfall.note == DANISH["case"]["no_bars_note"]


def test_every_step_is_drawn_within_the_axis(builder):
    draw = np.random.default_rng(1)
    for _ in range(20):
        points = draw.normal(0, 0.08, 29) * draw.integers(0, 2, 29)
        if not -0.5 < points.sum() < 0.5:
            continue
        (question,) = page_of(builder, points, base=0.5).questions
        for row in question.waterfall.rows:
            for start, end in re.findall(r"M(-?\d+) 5H(-?\d+)", row.picture):
                assert 0 <= int(start) <= 100
                assert 0 <= int(end) <= 100


def test_only_a_barrier_is_marked_as_changeable_and_is_to_be_talked_about(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    at = names.index("partly_working")
    up, down = [0.0] * len(names), [0.0] * len(names)
    up[at], down[at] = 0.05, -0.05
    raised, lowered = page_of(builder, up), page_of(builder, down)
    (barrier,) = ideas_of(raised)["Tilknytning til arbejde"].facts
    (resource,) = ideas_of(lowered)["Tilknytning til arbejde"].facts
    assert (barrier.changeable, resource.changeable) == (True, False)
    assert raised.talk == ("Delvist i arbejde nu",)
    assert lowered.talk == ()


def test_what_the_file_did_not_say_has_a_step_of_its_own_among_no_idea(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    points, values = [0.0] * len(names), [0.0] * len(names)
    for name, point in (("travel_km", 0.04), ("main_cause", -0.01)):
        points[names.index(name)], values[names.index(name)] = point, float("nan")
    points[names.index("age_at_intake")] = 0.02
    page = page_of(builder, points, values=values)
    ideas = ideas_of(page)
    assert {name: row.points for name, row in ideas.items()} == {
        DANISH["case"]["sum_unknown"]: "+3",
        "Alder og uddannelse": "+2",
    }
    assert page.missing == (
        "Hovedårsag til sygemeldingen",
        "Afstand til arbejdspladsen",
    )
    every = page.questions[0].every_reason
    assert every[0].words == f"{page.missing[1]}: {VALUES['missing']}"


def test_the_first_screen_says_what_is_proposed_and_why_in_few_words(builder):
    page = page_of(builder, [0.2])
    (saying,) = page.says
    assert saying.proposal == "Foreslås ikke."
    assert "ca. 5 ud af 10" in saying.why
    assert "normalt ca. 3 ud af 10" in saying.why
    case = Case(0.5, 0.3)
    placed = replace(PLACED, proposed=True)
    proposed = builder.build_case_page(
        case, reasons_in_order(builder, [0.2]), placed=placed, worklist=""
    )
    (saying,) = proposed.says
    assert saying.proposal == DANISH["case"]["is_proposed"]
    because = DANISH["case"]["because"].partition("{like}")[0]
    assert because.format(title="langt sygefravær") in saying.why
    words = f"{saying.proposal}{saying.why} {DANISH['case']['yours']}"
    assert len(words.split()) <= 30


def test_several_targets_put_their_questions_on_one_page_in_turn(builder):
    one = page_of(builder, [0.1])
    moved = FigureSteps("Et mål: hvad der flyttede tallet", (("Alder", "+2"),))
    one = replace(one, changes=ChangesSinceScore(steps=(moved,)))
    other = replace(moved, title="Et andet mål: hvad der flyttede tallet")
    later = replace(
        one,
        changes=ChangesSinceScore(steps=(other,)),
        due=replace(one.due, iso="2024-12-31"),
        talk=("Noget andet", *one.talk),
        missing=("En oplysning",),
    )
    merged = merge_case_pages([one, later])
    assert len(merged.questions) == len(merged.says) == 2
    assert merged.due == later.due
    assert merged.deadlines == one.deadlines  # the same rules stand once
    assert set(merged.talk) == {*one.talk, "Noget andet"}
    assert merged.missing == (*one.missing, "En oplysning")
    assert merged.changes.steps == (moved, other)


@pytest.mark.slow
def test_a_page_says_what_cannot_be_predicted_of_its_own_questions_alone(builder):
    own = page_of(builder, [0.1])
    other = PageBuilder(fitted_model("long_benefit"), DANISH, AS_OF, builder.rules)
    said = merge_case_pages([own, page_of(other, [0.1])]).limits
    yours = "Vurderingen foretages af sagsbehandleren."
    assert said.endswith(f"langvarigt på ledighedsydelse. {yours}")
    assert said.count(yours) == 1
    assert own.limits == builder.model.spec.prediction_note.da
    assert own.limits.endswith(f". {yours}")


def test_the_next_deadline_is_the_first_that_has_not_passed(builder):
    page = page_of(builder, [0.1])
    first = page.deadlines.law[0]
    assert (first.words, first.due) == ("Første opfølgningssamtale", "23. feb. 2025")
    assert first.rule == "inden udgangen af 8. fraværsuge"
    assert page.due.iso == first.iso == "2025-02-23"
    later = PageBuilder(builder.model, ENGLISH, date(2025, 2, 26), builder.rules)
    passed = page_of(later, [0.1])
    assert passed.deadlines.law[0].iso == "2025-02-23"
    assert passed.due.iso > "2025-02-26"


def test_an_undated_case_has_no_deadlines(builder):
    case = Case(0.3, 0.3)
    case.start_date = case.decision_date = pd.NaT
    assert builder.build_deadlines(builder.facts.find(case)) == CaseDeadlines()


def test_the_count_is_shown_beside_the_average_of_the_same_number(builder):
    (page,) = page_of(builder, [-0.26], base=0.3).questions
    assert page.this_case.words == "ca. 1 ud af 20"
    assert page.average.words == "ca. 6 ud af 20"
    assert page.average.picture.count('class="on"') == 6
    assert page.average.picture.count('class="off"') == 14


@pytest.mark.slow
def test_every_horizon_is_told_as_people_and_the_score_is_marked(builder, model):
    names = [r.name for r in list_reasons(model.spec)]
    nothing = CaseReasons(
        reason=np.array(names, dtype=object),
        feature=np.array(
            [r.features[0] for r in list_reasons(model.spec)], dtype=object
        ),
        value=np.zeros(len(names)),
        unreadable=np.zeros(len(names), dtype=bool),
        named=np.ones(len(names), dtype=bool),
        members=np.full(len(names), "", dtype=object),
        points=np.zeros(len(names)),
    )
    case = Case(0.3, 0.3)
    case.risk_8w, case.risk_13w = float("nan"), 0.61
    case.risk_22w, case.risk_52w = 0.4, 0.12
    page = builder.build_case_page(
        case, nothing, placed=PLACED, worklist="team-001.html"
    )
    (question,) = page.questions
    assert [(row.when, row.words, row.css) for row in question.horizons] == [
        ("Efter 8 uger", DANISH["case"]["not_stated"], "passed"),
        ("Efter 3 måneder", "ca. 6 ud af 10", "further"),
        ("Efter 22 uger", "ca. 4 ud af 10", "further"),
        ("Efter et halvt år", "ca. 3 ud af 10", "primary"),
        ("Efter et år", "ca. 1 ud af 10", "further"),
    ]
    assert question.curve.count("<circle") == 4
    assert page_of(builder, [0.1]).questions[0].horizons == ()
    english = PageBuilder(fitted_model("long_unemployment"), ENGLISH, AS_OF, ())
    case.risk_26w = 0.2
    assert [
        row.when for row in build_horizons(case, english.horizons, ENGLISH, total=10)
    ] == [
        "At least 13 of 26 weeks",
        "At least 26 of 52 weeks",
    ]


def sure_page(language, **fields):
    model = fitted_model()
    peers = SimpleNamespace(models=5)
    sure = SimpleNamespace(
        spec=model.spec,
        features=model.features,
        uncertainty=peers,
        pilot=False,
        notes={},
    )
    case = Case(0.4, 0.3)
    for name, value in fields.items():
        setattr(case, name, value)
    found = describe_certainty(case, sure, language, total=10)
    return found.replace("\N{NO-BREAK SPACE}", " ")


def test_a_case_under_rules_the_model_was_not_judged_on_is_told_so():
    assert "Tallet er på prøve" in sure_page(DANISH, pilot=True)
    assert "Tallet er på prøve" not in sure_page(DANISH, pilot=False)


def test_of_a_model_of_few_cases_the_page_says_that_no_interval_can_be_told(model):
    nothing = {"interval_low": np.nan, "interval_high": np.nan, "models_agree": pd.NA}
    case = Case(0.4, 0.3)
    for name, value in nothing.items():
        setattr(case, name, value)
    for few_events in (True, False):
        few = replace(model, notes={"without_interval": few_events})
        said = describe_certainty(case, few, DANISH, total=10)
        assert (f"under {FEWEST_EVENTS} sager" in said) == few_events


def test_how_sure_the_score_is_is_said_without_a_word_of_statistics():
    told = {"interval_low": 0.31, "interval_high": 0.48, "models_agree": 3}
    danish, english = sure_page(DANISH, **told), sure_page(ENGLISH, **told)
    for said, numbers in (
        (danish, ("mellem 3 og 5 ud af 10", "9 ud af 10", "3 af 5")),
        (english, ("between 3 and 5 in 10", "9 in 10", "3 of 5")),
    ):
        assert all(number in said for number in numbers), said
    for words in (danish, english):
        assert not re.search("interval|percentil|signifi|standard", words)


@pytest.mark.parametrize(
    ("agree", "da", "en"),
    [(0, "Ingen af 5 ", "None of 5 "), (1, " 1 af 5 ", " 1 of 5 "),
     (5, "Alle 5 ", "All 5 ")],
)  # fmt: skip
def test_models_that_agree_are_said_to_be_none_or_all(agree, da, en):
    danish, english = (sure_page(t, models_agree=agree) for t in (DANISH, ENGLISH))
    assert da in danish
    assert en in english
    assert ("usikkert" in danish) == (0 < agree < 5)
    assert ("uncertain" in english) == (0 < agree < 5)


def test_a_model_that_cannot_say_how_sure_it_is_says_nothing():
    assert sure_page(DANISH) == ""
    missing = {"interval_low": np.nan, "interval_high": np.nan, "models_agree": pd.NA}
    assert sure_page(DANISH, **missing) == ""


def test_why_a_score_is_not_shown_is_one_sentence(builder):
    feature = next(iter(builder.model.spec.features()))
    said = builder.describe_abstention(f"thin; outside:{feature}")
    label = builder.model.spec.columns[feature].label.da
    assert said.count(".") == 1
    for kind in ("thin", "outside"):
        assert TEXTS["da"]["abstained"][kind].format(label=label) in said


def noted(texts, *, lag):
    """What a page says of the history, with the specification's lag set to *lag*."""
    model = fitted_model()
    history = model.spec.history.model_copy(update={"register_lag_weeks": lag})
    spec = model.spec.model_copy(update={"history": history})
    builder = PageBuilder(replace(model, spec=spec), texts, AS_OF, ())
    return builder.describe_history()


@pytest.mark.parametrize(
    ("lag", "da", "en"),
    [
        (2, "Ydelseshistorikken er læst til og med 2 uger før visitationens uge.",
         "The benefit history was read until 2 weeks before the week of intake."),
        (1, "Ydelseshistorikken er læst til og med 1 uge før visitationens uge.",
         "The benefit history was read until 1 week before the week of intake."),
        (0, "Ydelseshistorikken er læst indtil visitationens uge.",
         "The benefit history was read until the week of intake."),
    ],
)  # fmt: skip
def test_until_when_the_history_is_seen_reads_well_at_every_lag(lag, da, en):
    assert noted(DANISH, lag=lag) == da
    assert noted(ENGLISH, lag=lag) == en


def test_a_step_of_what_is_not_known_that_moves_nothing_is_left_out(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    values = [0.0] * len(names)
    values[names.index("travel_km")] = float("nan")
    page = page_of(builder, [0.0] * len(names), values=values)
    assert not ideas_of(page)
    assert len(page.missing) == 1


def test_what_the_file_did_not_say_is_not_called_changeable_nor_a_fault(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    at = names.index("partly_working")
    points, values = [0.0] * len(names), [0.0] * len(names)
    points[at], values[at] = 0.05, float("nan")
    page = page_of(builder, points, values=values)
    assert {*ideas_of(page)} == {DANISH["case"]["sum_unknown"]}
    every = page.questions[0].every_reason
    label = capitalise(builder.model.spec.columns["partly_working"].label.da)
    assert every[0].words == f"{label}: {VALUES['missing']}"
    assert not any(row.changeable for row in every)
    assert page.missing_note == DANISH["case"]["missing_is_no_fault"]
    assert page_of(builder, points).missing_note == ""


def test_a_fact_that_cannot_be_read_stands_apart_from_one_that_is_not_stated(builder):
    spec = builder.model.spec
    case = Case(0.4, 0.3)
    case.unreadable = "travel_km"
    case.no_history = case.history_ends = case.unknown_codes = True
    names = [r.name for r in list_reasons(spec)]
    nothing = CaseReasons(
        reason=np.array(names, dtype=object),
        feature=np.array([r.features[0] for r in list_reasons(spec)], dtype=object),
        value=np.full(len(names), np.nan),
        points=np.full(len(names), 0.1 / len(names)),
        unreadable=np.array([n == "travel_km" for n in names]),
        named=np.ones(len(names), dtype=bool),
        members=np.full(len(names), "", dtype=object),
    )
    page = builder.build_case_page(
        case, nothing, placed=PLACED, worklist="team-001.html"
    )
    label = capitalise(spec.columns["travel_km"].label.da)
    assert page.unreadable == (label,)
    assert label not in page.missing
    said = [row.words for row in page.questions[0].every_reason]
    assert f"{label}: {VALUES['unreadable']}" in said
    alone = replace(nothing, value=np.where(nothing.unreadable, np.nan, 0.0))
    page = builder.build_case_page(case, alone, placed=PLACED, worklist="team-001.html")
    assert page.missing == ()
    assert page.missing_note == ""
    (question,) = page.questions
    assert DANISH["certainty"]["no_history"] in question.certainty
    assert DANISH["certainty"]["history_ends"] in question.certainty
    assert DANISH["certainty"]["unknown_codes"] in question.certainty


def test_reasons_that_go_together_stand_under_one_name_with_all_that_is_known(model):
    spec = model.spec
    one = replace(model, reason_groups=(("age_at_intake", "partly_working"),))
    builder = PageBuilder(one, DANISH, AS_OF, read_shipped_rules())
    names = [r.name for r in one.reasons]
    at = names.index("age_at_intake+partly_working")
    members = np.full(len(names), "", dtype=object)
    members[at] = "age_at_intake=52.0;partly_working=nan"
    points = np.zeros(len(names))
    points[at] = 0.1
    shown = CaseReasons(
        reason=np.array(names, dtype=object),
        feature=np.array([r.features[0] for r in one.reasons], dtype=object),
        value=np.full(len(names), 1.0),
        points=points,
        unreadable=np.zeros(len(names), dtype=bool),
        named=np.ones(len(names), dtype=bool),
        members=members,
    )
    page = builder.build_case_page(
        Case(0.4, 0.3), shown, placed=PLACED, worklist="team-001.html"
    )
    (idea,) = ideas_of(page).values()
    (barrier,) = idea.facts
    age, partly = (
        spec.columns[name].label.da for name in ("age_at_intake", "partly_working")
    )
    assert barrier.words == (
        f"{capitalise(age)} og {partly} ({age}: 52 år; {partly}: {VALUES['missing']})"
    )
    assert idea.points == "+10"
    assert not barrier.changeable  # nobody can change an age
    assert page.missing == (capitalise(spec.columns["partly_working"].label.da),)
    said = [row.words for row in page.questions[0].every_reason]
    assert not [w for w in said if w.startswith("Delvist i arbejde nu:")]


def test_the_typical_value_stands_beside_a_fact_where_the_model_knows_it(model):
    features = model.features
    typical = [float(n) if f.kind == "number" else 0.0 for n, f in enumerate(features)]
    nothing = (None,) * len(features)
    profile = TrainingProfile(
        (0.0,) * len(features), nothing, nothing, typical=tuple(typical)
    )
    known = replace(model, training_profile=profile)
    rules = read_shipped_rules()
    told = page_of(PageBuilder(known, DANISH, AS_OF, rules), [0.2, 0.1, -0.1])
    (question,) = told.questions
    said = {row.words: row.typical for row in question.every_reason}
    assert all(words.startswith(("typisk ", "de fleste: ")) for words in said.values())
    facts = [fact for row in question.waterfall.rows for fact in row.facts]
    assert {fact.typical for fact in facts} <= {*said.values()}
    without = page_of(PageBuilder(model, DANISH, AS_OF, rules), [0.2, 0.1, -0.1])
    assert {row.typical for row in without.questions[0].every_reason} == {""}
