import re
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest

from riskscreen.features.catalogue import Feature, list_features
from riskscreen.model.wording import TEXTS, FeatureWording, format_number
from riskscreen.spec import Words
from tests import small_site
from tests.scored_cases import specification

NAN = float("nan")

AVOIDED = re.compile(
    r"risikoborger|umotivere|irriterende|systemskade|\b(u)?egnet|gråzone|fastlåst"
    r"|adfærdsproblem|håbløs|patient\b|\bsystemet\b|grey zone|unsuitable|hopeless"
    r"|unmotivated",
    re.IGNORECASE,
)
"""Words a report must not use (report wording, and what professionals reject)."""


def said(name, value, language="da", spec=None):
    spec = spec or specification("long_absence")
    return FeatureWording(spec, list_features(spec), language).describe(name, value)


@pytest.mark.parametrize(
    ("name", "value", "da", "en"),
    [
        ("sickness_weeks_52", 26.0, "sygedagpenge: ca. 6 måneder af det seneste år",
         "sickness benefit: about 6 months of the last year"),
        ("sickness_weeks_52", 0.0, "sygedagpenge: ikke det seneste år",
         "sickness benefit: not in the last year"),
        ("sickness_weeks_4", 4.0, "sygedagpenge: hele tiden den seneste måned",
         "sickness benefit: throughout the last month"),
        ("any_support_weeks_260", 147.0,
         "offentlig forsørgelse i alt: ca. 3 år af de seneste 5 år",
         "public support in all: about 3 years of the last 5 years"),
        ("sickness_weeks_4", 1.0, "sygedagpenge: 1 uge af den seneste måned",
         "sickness benefit: 1 week of the last month"),
        ("sickness_spells", 1.0, "sygedagpenge: ét forløb de seneste 5 år",
         "sickness benefit: one spell in the last 5 years"),
        ("sickness_spells", 3.0, "sygedagpenge: 3 forløb de seneste 5 år",
         "sickness benefit: 3 spells in the last 5 years"),
        ("sickness_weeks_since_last", NAN, "sygedagpenge: ikke de seneste 5 år",
         "sickness benefit: not in the last 5 years"),
        ("sickness_weeks_since_last", 1.0, "sygedagpenge: senest for 1 uge siden",
         "sickness benefit: last 1 week ago"),
        ("sickness_longest", 40.0, "sygedagpenge: længste forløb ca. 9 måneder",
         "sickness benefit: longest spell about 9 months"),
        ("partly_working", 1.0, "delvist i arbejde nu: ja", "partly at work now: yes"),
        ("partly_working", 0.0, "delvist i arbejde nu: nej", "partly at work now: no"),
        ("partly_working", NAN, "delvist i arbejde nu: ikke oplyst",
         "partly at work now: not stated"),
        ("age_at_intake", 47.0, "alder: 47 år", "age: 47 years"),
        ("travel_km", 12.5, "afstand til arbejdspladsen: 12,5 km",
         "distance to the workplace: 12.5 km"),
        ("seniority_years", 0.25, "anciennitet hos arbejdsgiveren: 0,25 år",
         "years with the employer: 0.25"),
        ("main_cause", 1.0, "hovedårsag til sygemeldingen: bevægeapparatlidelse",
         "main cause of the absence: musculoskeletal disorder"),
        ("main_cause", NAN, "hovedårsag til sygemeldingen: ikke oplyst",
         "main cause of the absence: not stated"),
        ("state_at_decision", 0.0, "seneste kendte status: sygedagpenge",
         "latest known status: sickness benefit"),
        ("self_support_share_52", 0.6,
         "selvforsørgende 60 % af det seneste år",
         "self-supporting 60% of the last year"),
        # the label has said the unit already
        ("days_until_received", 21.0,
         "dage fra første fraværsdag til sagen kom ind: 21",
         "days from first absence day until the case came in: 21"),
    ],
)  # fmt: skip
def test_a_reason_reads_as_a_caseworker_would_write_it(name, value, da, en):
    assert said(name, value, "da") == da
    assert said(name, value, "en") == en


def test_hours_and_counts_have_their_own_units():
    spec = specification("long_benefit")
    hours = said("internship_weekly_hours", 8.0, spec=spec)
    label = spec.columns["internship_weekly_hours"].label.da
    assert hours == f"{label}: 8 {TEXTS['da']['units']['hours per week']}"
    assert (
        said("considerations_needed", 3.0, spec=specification("long_benefit"))
        == "antal skånehensyn: 3"
    )


def test_what_was_said_of_a_case_goes_with_no_copy():
    """A model that has scored is handed to other processes and to a cluster."""
    spec = specification("long_benefit")
    words = FeatureWording(spec, list_features(spec), "da")
    told = words.describe("considerations_needed", 3.0)
    unused = FeatureWording(spec, list_features(spec), "da")
    sent = ForkingPickler.dumps(words)
    assert bytes(sent) == bytes(ForkingPickler.dumps(unused))
    assert ForkingPickler.loads(sent).describe("considerations_needed", 3.0) == told


def test_the_last_level_of_the_state_is_none_of_the_groups():
    spec = specification("long_absence")
    state = next(f for f in list_features(spec) if f.name == "state_at_decision")
    last = float(len(state.levels) - 1)
    assert said("state_at_decision", last) == (
        f"{state.label.da}: {TEXTS['da']['value']['no_group']}"
    )


@pytest.mark.parametrize(
    "target", ["long_absence", "long_benefit", "long_unemployment"]
)
@pytest.mark.parametrize("language", ["da", "en"])
def test_every_feature_has_words_for_every_kind_of_value(target, language):
    """Missing included, and none of the words that professionals reject."""
    spec = specification(target)
    wording = FeatureWording(spec, list_features(spec), language)
    for feature in list_features(spec):
        values = [NAN, 0.0, 1.0]
        values += [float(feature.window)] if feature.window else []
        values += [7.0, 33.4] if feature.kind == "number" else []
        for value in values:
            words = wording.describe(feature.name, value)
            assert len(words) > 5
            assert "{" not in words
            assert "nan" not in words.split()
            assert not AVOIDED.search(words)


def test_a_level_without_words_stands_as_it_is_written():
    spec = specification("long_benefit")
    spec = spec.model_copy(
        update={"columns": {"x": spec.columns["main_impairment"].model_copy(
            update={"value_labels": {}})}}
    )  # fmt: skip
    feature = Feature(
        "x", "category", Words(da="x", en="x"), "i", "x", levels=("q", "r")
    )
    assert FeatureWording(spec, [feature], "da").describe("x", 1.0) == "x: r"


@pytest.mark.parametrize(
    ("value", "decimals", "da", "en"),
    [
        (0.04, 1, "0", "0"),
        (-0.04, 1, "0", "0"),
        (-2.5, 1, "−2,5", "−2.5"),
        (1234567.0, 1, "1.234.567", "1,234,567"),
        (100.0, 0, "100", "100"),
    ],
)
def test_numbers_are_written_as_the_language_does(value, decimals, da, en):
    assert format_number(value, "da", decimals=decimals) == da
    assert format_number(value, "en", decimals=decimals) == en


def test_the_package_and_its_words_avoid_what_professionals_reject():
    folder = Path(__file__).parents[2] / "src" / "riskscreen"
    texts = [*folder.glob("documents/pages/**/*.html"), *folder.glob("*/texts.*.toml")]
    texts += [
        *folder.glob("documents/cards/summary.*.jinja"),
        folder / "model" / "wording.py",
    ]
    texts += [*folder.glob("documents/pages/*.py"), folder / "data" / "deadlines.csv"]
    assert len(texts) > 30
    for path in texts:
        assert not AVOIDED.search(path.read_text("utf-8")), path.name


def test_numbers_need_no_more_than_numpy_floats():
    assert said("age_at_intake", np.float64(47)) == "alder: 47 år"


NO_BENEFITS = {
    "register_lag_weeks": 0,
    "windows": [1, 2],
    "groups": {
        "away": {
            "code_groups": ["sick"],
            "label": {"da": "fravær i alt", "en": "all absence"},
        }
    },
    "self_support": ["work"],
    "absent_person": "self_supporting",
    "idea": "past",
    "overall_label": {"da": "fravær i alt", "en": "all absence"},
}
"""A history of absence from work, read one or two weeks back."""


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_history_that_is_of_no_benefit_is_never_called_one(language):
    spec = small_site.specification(history=NO_BENEFITS)
    wording = FeatureWording(spec, list_features(spec), language)
    for feature in list_features(spec):
        missing = (NAN,) if feature.family == "weeks_since_last" else ()
        figures = range(len(feature.levels)) if feature.levels else (0, 0.5, 1)
        for value in (*missing, *map(float, figures)):
            said = wording.describe(feature.name, value)
            assert not re.search("ydelse|benefit", said)
            assert not re.search(r"\b1 (uger|weeks)\b", said), said
            assert "seneste 1" not in said
            assert "last 1 week " not in said.replace("last 1 week ago", "")


@pytest.mark.parametrize(
    ("name", "value", "da", "en"),
    [
        ("away_weeks_1", 1.0, "fravær i alt: hele tiden den seneste uge",
         "all absence: throughout the last week"),
        ("away_weeks_1", 0.0, "fravær i alt: ikke den seneste uge",
         "all absence: not in the last week"),
        ("away_weeks_2", 1.0, "fravær i alt: 1 uge af de seneste 2 uger",
         "all absence: 1 week of the last 2 weeks"),
        ("away_weeks_since_last", 1.04, "fravær i alt: senest for 1 uge siden",
         "all absence: last 1 week ago"),
        ("away_weeks_since_last", 0.14, "fravær i alt: senest for under 1 uge siden",
         "all absence: last under 1 week ago"),
        ("away_longest", 0.98, "fravær i alt: længste forløb 0,98 uger",
         "all absence: longest spell 0.98 weeks"),
        ("shifts_2", 1.0, "ét skift af status de seneste 2 uger",
         "one change of status in the last 2 weeks"),
    ],
)  # fmt: skip
def test_one_of_a_thing_is_said_in_the_singular(name, value, da, en):
    spec = small_site.specification(history=NO_BENEFITS)
    assert said(name, value, "da", spec) == da
    assert said(name, value, "en", spec) == en


def test_a_figure_that_is_written_as_one_has_its_unit_in_the_singular():
    assert said("seniority_years", 1.04, "en") == "years with the employer: 1"
    spec = specification("long_benefit")
    hours = said("internship_weekly_hours", 1.02, spec=spec)
    label = spec.columns["internship_weekly_hours"].label.da
    assert hours == f"{label}: 1 {TEXTS['da']['units_of_one']['hours per week']}"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", ["ansat efter de sociale kapitler eller på særlige vilkår hos sin "
                "arbejdsgiver: 8 måneder",
                "skriftlig aftale om de sociale kapitler eller særlige vilkår: nej"]),
        ("en", ["employed under the social chapters or on special terms by the "
                "employer: 8 months",
                "written agreement on the social chapters or special terms: no"]),
    ],
)  # fmt: skip
def test_facts_that_no_model_reads_are_said_where_known(language, said):
    spec = specification("long_absence")
    wording = FeatureWording(spec, list_features(spec), language)
    known = {
        "employed_at_intake": 1.0,
        "social_chapter_months": 8.0,
        "social_chapter_agreement": 0.0,
        "early_follow_up_asked_after_days": NAN,
    }
    assert list(wording.list_facts(known)) == said
    assert list(wording.list_facts({})) == []


def test_a_fact_with_levels_is_said_by_its_label():
    spec = specification("long_benefit")
    fact = spec.columns["main_impairment"].model_copy(update={"role": "fact"})
    spec = spec.model_copy(update={"columns": {"x": fact}})
    (said,) = FeatureWording(spec, [], "da").list_facts({"x": "neurological"})
    assert said.endswith(": neurologisk")


def test_a_reason_is_said_by_its_members_or_as_unreadable_or_by_its_value():
    spec = specification("long_absence")
    wording = FeatureWording(spec, list_features(spec), "en")

    def said(members="", *, unreadable=False):
        return wording.describe_reason(
            "travel_km", 12.0, unreadable=unreadable, members=members, label="the way"
        )

    assert said() == wording.describe("travel_km", 12.0)
    assert said(unreadable=True) == wording.describe_unreadable("travel_km")
    assert said(unreadable=True) != said()
    together = said("travel_km=12.0;cannot_travel_alone=?", unreadable=True)
    assert together.startswith("the way (")
    assert said() in together
    assert wording.describe_unreadable("cannot_travel_alone") in together


@pytest.mark.parametrize(
    ("name", "value", "da", "en"),
    [
        ("travel_km", 15.0, "typisk 15 km", "typically 15 km"),
        ("partly_working", 0.0, "de fleste: nej", "most: no"),
        ("sickness_weeks_52", 26.0, "typisk ca. 6 måneder", "typically about 6 months"),
        ("sickness_spells", 3.0, "typisk 3", "typically 3"),
        ("self_support_share_260", 0.796, "typisk 80 %", "typically 80%"),
    ],
)
def test_what_is_typical_is_said_as_the_fact_is(name, value, da, en):
    spec = specification("long_absence")
    for language, words in (("da", da), ("en", en)):
        wording = FeatureWording(spec, list_features(spec), language)
        assert wording.describe_typical(name, value) == words
