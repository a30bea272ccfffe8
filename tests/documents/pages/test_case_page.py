import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages.case_page import CasePlacement, PageBuilder
from riskscreen.documents.pages.certainty import describe_certainty
from riskscreen.documents.pages.page_values import CaseDeadlines
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.sides import TOP_REASONS
from riskscreen.documents.texts import DANISH, ENGLISH
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.model.events import FEWEST_EVENTS
from riskscreen.model.wording import TEXTS
from riskscreen.rules.deadline_rules import read_shipped_rules
from tests.scored_cases import drawn_features, fitted_model

AS_OF = date(2025, 1, 20)
PLACED = CasePlacement(
    "Team Nord", "Nr. 1 af 2 på listen: uge 3, 2025", "Foreslås ikke."
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


def tenths(text):
    return round(
        float(re.sub(r"[^\d,+−]", "", text).replace(",", ".").replace("−", "-")) * 10
    )


def rows_of(side):
    return [row for group in side.groups for row in group.rows]


def test_what_is_read_adds_up_exactly(builder, model):
    """Start + down + up = end, and each side is the sum of its rows, to the tenth."""
    features = drawn_features(model.spec, n=40, seed=11)
    draw = np.random.default_rng(0)
    for _ in range(len(features)):
        points = draw.normal(0, 0.03, 29) * draw.integers(0, 2, 29)
        page = page_of(builder, points, base=0.45)
        start, down, up, end = (tenths(step.figure) for step in page.steps)
        assert start + down + up == end
        for side, total in zip(page.sides, (down, up), strict=True):
            others = [side.others] if side.others else []
            assert sum(tenths(r.points) for r in (*rows_of(side), *others)) == total
        assert sum(tenths(row.points) for row in page.every_reason) == down + up


def test_all_reasons_stand_in_the_list_and_nothing_is_hidden(builder):
    page = page_of(builder, [0.05, -0.02, 0.01])
    assert len(page.every_reason) == len(list_reasons(builder.model.spec))


def test_the_strongest_are_told_one_by_one_and_the_rest_in_one_counted_sum(builder):
    page = page_of(builder, [0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, -0.02])
    down, up = page.sides
    assert len(rows_of(up)) == TOP_REASONS
    assert up.others.words == "øvrige forhold (2)"
    assert up.others.points == "+7,0"
    assert len(rows_of(down)) == 1
    assert down.others is None


def test_a_single_left_over_reason_is_told_by_its_name(builder):
    page = page_of(builder, [0.09, 0.08, 0.07, 0.06, 0.05, 0.04])
    assert len(rows_of(page.sides[1])) == TOP_REASONS + 1
    assert page.sides[1].others is None


def test_reasons_too_small_to_print_are_summed_not_dropped(builder):
    page = page_of(builder, [0.004, 0.003, -0.002])
    down, up = page.sides
    assert not rows_of(up)
    assert not rows_of(down)
    assert (up.others.words, up.others.points) == ("øvrige forhold (2)", "+0,7")
    assert (down.others.words, down.others.points) == ("øvrige forhold (1)", "−0,2")


def test_a_case_at_the_base_has_two_empty_sides(builder):
    page = page_of(builder, [])
    assert [(s.groups, s.others) for s in page.sides] == [((), None)] * 2
    assert [step.figure for step in page.steps][1:3] == ["0,0", "0,0"]


def test_reasons_are_grouped_under_their_ideas(builder):
    """age and education are life, main cause health: 0.09, 0.08 and 0.07."""
    page = page_of(builder, [0.09, 0.07, 0.08])
    groups = {g.label: [r.points for r in g.rows] for g in page.sides[1].groups}
    assert groups == {"Alder og uddannelse": ["+9,0", "+7,0"], "Helbred": ["+8,0"]}


def test_only_a_barrier_is_marked_as_changeable(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    at = names.index("partly_working")
    up, down = [0.0] * len(names), [0.0] * len(names)
    up[at], down[at] = 0.05, -0.05
    (barrier,) = rows_of(page_of(builder, up).sides[1])
    (resource,) = rows_of(page_of(builder, down).sides[0])
    assert barrier.changeable
    assert not resource.changeable


def test_what_the_file_did_not_say_is_listed_and_said_in_the_reason(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    values = [0.0] * len(names)
    values[names.index("travel_km")] = float("nan")
    points = [0.0] * len(names)
    points[names.index("travel_km")] = 0.04
    points[names.index("main_cause")] = 0.03
    page = page_of(builder, points, values=values)
    assert page.missing == ("afstand til arbejdspladsen",)
    assert [row.points for row in rows_of(page.sides[1])] == ["+3,0"]
    assert page.every_reason[0].words == "afstand til arbejdspladsen: ikke oplyst"


def test_what_the_file_did_not_say_has_a_step_of_its_own_on_neither_side(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    points, values = [0.0] * len(names), [0.0] * len(names)
    for name, point in (("travel_km", 0.04), ("main_cause", -0.01)):
        points[names.index(name)], values[names.index(name)] = point, float("nan")
    points[names.index("age_at_intake")] = 0.02
    page = page_of(builder, points, values=values)
    assert [step.css for step in page.steps] == ["base", "down", "up", "unknown", "end"]
    assert [step.figure for step in page.steps[1:4]] == ["0,0", "+2,0", "+3,0"]
    assert page.steps[3].words == DANISH["case"]["sum_unknown"].format(n=2)
    assert not rows_of(page.sides[0])
    assert page.sides[0].others is None
    strongest = reasons_in_order(builder, points, values=values)
    assert builder.describe_strongest(strongest, sign=1, most=3) == ("alder: 0 år",)
    assert builder.describe_strongest(strongest, sign=-1, most=3) == ()


def test_deadlines_count_from_the_day_the_page_is_seen(builder):
    page = page_of(builder, [0.1])
    first = page.deadlines.law[0]
    assert (first.due, first.left, first.css) == (
        "23. februar 2025",
        "34 dage igen",
        "later",
    )
    later = PageBuilder(builder.model, ENGLISH, date(2025, 2, 26), builder.rules)
    passed = page_of(later, [0.1]).deadlines.law[0]
    assert (passed.left, passed.css) == ("3 days ago – has it been done?", "passed")
    soon = PageBuilder(builder.model, ENGLISH, date(2025, 2, 9), builder.rules)
    assert page_of(soon, [0.1]).deadlines.law[0].css == "soon"


def test_an_undated_case_has_no_deadlines(builder):
    case = Case(0.3, 0.3)
    case.start_date = case.decision_date = pd.NaT
    assert builder.build_deadlines(builder.facts.find(case)) == CaseDeadlines()


def test_the_count_is_shown_beside_the_average_of_the_same_number(builder):
    page = page_of(builder, [-0.26], base=0.3)
    assert page.this_case.words == "ca. 1 ud af 20"
    assert page.average.words == "ca. 6 ud af 20"
    assert page.average.picture.count('class="on"') == 6
    assert page.average.picture.count('class="off"') == 14


def test_the_picture_stays_within_its_frame_where_a_side_leads_below_none(builder):
    page = page_of(builder, [-0.5, 0.6])
    for step in page.steps:
        start, width = (
            float(v) for v in re.findall(r'(?:x|width)="([\d.]+)"', step.picture)
        )
        assert 0 <= start <= start + width <= 100.01
        assert width > 0


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
    assert [(row.when, row.words, row.css) for row in page.horizons] == [
        ("efter 8 uger", "siges ikke for denne sag", "passed"),
        ("efter 13 uger", "ca. 6 ud af 10", "further"),
        ("efter 22 uger", "ca. 4 ud af 10", "further"),
        ("efter 26 uger", "ca. 3 ud af 10", "primary"),
        ("efter 52 uger", "ca. 1 ud af 10", "further"),
    ]
    assert page.horizons[0].picture == ""
    assert page_of(builder, [0.1]).horizons == ()
    english = PageBuilder(fitted_model("long_unemployment"), ENGLISH, AS_OF, ())
    case.risk_26w = 0.2
    assert [row.when for row in english.build_horizons(case, total=10)] == [
        "at least 13 of 26 weeks",
        "at least 26 of 52 weeks",
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
        (2, "Historikken ses indtil 2 uger før visitationens uge.",
         "The history is seen until 2 weeks before the week of intake."),
        (1, "Historikken ses indtil 1 uge før visitationens uge.",
         "The history is seen until 1 week before the week of intake."),
        (0, "Historikken ses indtil visitationens uge.",
         "The history is seen until the week of intake."),
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
    assert [step.css for step in page.steps] == ["base", "down", "up", "end"]
    assert len(page.missing) == 1


def test_what_the_file_did_not_say_is_not_called_changeable_nor_a_fault(builder):
    names = [r.name for r in list_reasons(builder.model.spec)]
    at = names.index("partly_working")
    points, values = [0.0] * len(names), [0.0] * len(names)
    points[at], values[at] = 0.05, float("nan")
    page = page_of(builder, points, values=values)
    assert not rows_of(page.sides[1])
    assert page.every_reason[0].words == "delvist i arbejde nu: ikke oplyst"
    assert not any(row.changeable for row in page.every_reason)
    assert DANISH["case"]["missing_is_no_fault"] in page.reasons_note
    assert (
        DANISH["case"]["missing_is_no_fault"]
        not in page_of(builder, points).reasons_note
    )


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
    label = spec.columns["travel_km"].label.da
    assert page.unreadable == (label,)
    assert label not in page.missing
    said = [row.words for row in page.every_reason]
    assert f"{label}: kan ikke læses, ret den i fagsystemet" in said
    alone = replace(nothing, value=np.where(nothing.unreadable, np.nan, 0.0))
    page = builder.build_case_page(case, alone, placed=PLACED, worklist="team-001.html")
    assert page.missing == ()
    assert DANISH["case"]["missing_is_no_fault"] not in page.reasons_note
    assert DANISH["certainty"]["no_history"] in page.certainty
    assert DANISH["certainty"]["history_ends"] in page.certainty
    assert DANISH["certainty"]["unknown_codes"] in page.certainty


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
    (barrier,) = rows_of(page.sides[1])
    assert barrier.words == (
        "alder og delvist i arbejde nu (alder: 52 år; "
        "delvist i arbejde nu: ikke oplyst)"
    )
    assert barrier.points == "+10,0"
    assert not barrier.changeable  # nobody can change an age
    assert page.missing == (spec.columns["partly_working"].label.da,)
    said = [row.words for row in page.every_reason]
    assert not [w for w in said if w.startswith("delvist i arbejde nu:")]
