import re
import shutil
from pathlib import Path

import pytest

from riskscreen.errors import SpecError
from riskscreen.spec import Outcome, read_specification

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(ROOT.glob("models/[!_]*.toml"))
SMALLEST = """
name = "demo"
title = { da = "t", en = "t" }
question = { da = "q", en = "q" }
prediction_note = { da = "n", en = "n" }
[population]
who = { da = "w", en = "w" }
[outcome]
rule = "ready"
horizon_weeks = 8
long_words = { da = "l", en = "l" }
[split]
test_weeks = 3
[bands]
first = { da = "f", en = "f" }
raised = { da = "r", en = "r" }
usual = { da = "u", en = "u" }
[ideas.work]
label = { da = "arbejde", en = "work" }
[columns.years_at_job]
type = "number"
unit = "years"
idea = "work"
known = "at_decision"
label = { da = "a", en = "a" }
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "demo.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_smallest_specification_is_read(written):
    spec = read_specification(written(SMALLEST))
    assert list(spec.features()) == ["years_at_job"]
    assert spec.history is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_shipped_specification_is_named_after_its_file(path):
    assert read_specification(path).name == path.stem


@pytest.mark.slow
def test_the_targets_are_shipped_with_the_clocks_of_the_design():
    specs = {p.stem: read_specification(p).outcome for p in SHIPPED}
    assert {n: (o.rule, o.clock, o.horizon_weeks) for n, o in specs.items()} == {
        "long_absence": ("still_in", "start_date", 26),
        "long_benefit": ("still_in", "start_date", 52),
        "long_benefit_again": ("still_in", "start_date", 52),
        "long_clarification": ("still_in", "start_date", 52),
        "long_unemployment": ("weeks_in", "decision_date", 52),
        "short_flex_job": ("ended_within", "start_date", 52),
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("horizon_weeks = 8", "horizon_week = 8"),
            "outcome.horizon_week: unknown key",
        ),
        (("horizon_weeks = 8", ""), "outcome.horizon_weeks: missing; add it"),
        (('unit = "years"', 'unit = "yaers"'), "unknown unit 'yaers'; the units are"),
        (("at_decision", "after_decision"), "years_at_job.known: known only after T0"),
        (("years_at_job", "raskmelding_days"), "raskmelding_days: a leak"),
        (("years_at_job", "case_id"), "case_id: a key column is not declared"),
        (("years_at_job", "weight"), "weight: a training adds a column of this name"),
        (("years_at_job", "state"), "state: a run adds a fact of this name"),
        (
            ("years_at_job", "step_1_risk"),
            "step_1_risk: a run adds a fact of this name",
        ),
        (("years_at_job", "left"), "left: a training adds a column of this name"),
        (("years_at_job", "first_name"), "first_name: names a name; remove it"),
        (
            ('idea = "work"', 'idea = "wrok"'),
            "columns.years_at_job.idea: 'wrok' is not declared",
        ),
        (('idea = "work"\n', ""), "a feature belongs to an idea"),
        (('rule = "ready"', 'rule = "weeks_in"'), "weeks_in, and nothing else, takes"),
        (('rule = "ready"', 'rule = "still_in"'), "map code groups to long"),
        (
            ("test_weeks = 3", "test_weeks = 0"),
            "split.test_weeks: Input should be greater",
        ),
        (
            ("[ideas.work]", "[gates]\nauc_at_most = 0.9\n[ideas.work]"),
            "auc_at_most_reas",
        ),
        *(
            (
                ("[ideas.work]", f"[gates]\n{key} = {wider}\n[ideas.work]"),
                f"gates.{key}: Input should be",
            )
            for key, wider in (
                ("auc_at_least", 0.5),
                ("observed_minus_expected_at_most", 0.05),
                ("calibration_slope_at_least", 0.7),
                ("calibration_slope_at_most", 1.4),
                ("ici_at_most", 0.06),
                ("group_calibration_error_at_most", 0.1),
                ("column_auc_at_most", 0.8),
                ("column_contribution_share_at_most", 0.7),
                ("log_loss_increase_at_most", 0.003),
                ("brier_increase_at_most", 0.002),
            )
        ),
        (
            (
                "[ideas.work]",
                "[gates]\ncalibration_slope_interval_contains = 1\n[ideas.work]",
            ),
            "renamed; write calibration_slope_at_least, and calibration_slope_at_most",
        ),
        (("name =", "name = ="), "not valid TOML"),
        (('"years"', '["years"]'), "columns.years_at_job.unit: not a text"),
        (("[population]\n", "[population]\nroutes = 3\n"), "routes: not a list"),
        (
            ("[bands]", "[gates]\nevaluated_by = 'x'\n[bands]"),
            "evaluated_by: not a list",
        ),
        (('{ da = "w", en = "w" }', '"w"'), "population.who: not a table"),
        (("years_at_job", "'Years at job'"), "columns.Years at job: no name; write"),
        (
            ("[bands]", "[gates]\njudged_by = ['x']\n[bands]"),
            "gates.judged_by: renamed; write evaluated_by",
        ),
        (
            ('unit = "years"', 'unit = "years"\ndirection = "up"'),
            "columns.years_at_job.direction: renamed; write monotone",
        ),
    ],
)
def test_a_wrong_specification_names_file_key_and_remedy(written, change, says):
    path = written(SMALLEST.replace(*change, 1))
    with pytest.raises(SpecError) as told:
        read_specification(path)
    assert str(path) in str(told.value)
    assert says in str(told.value)


def test_a_mark_at_the_beginning_is_read_over_and_utf_16_is_named(tmp_path):
    text = SHIPPED[0].read_text("utf-8")
    shutil.copytree(ROOT / "models", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "target.toml"
    path.write_text(text, "utf-8-sig")
    assert read_specification(path) == read_specification(SHIPPED[0])
    path.write_text(text, "utf-16")
    with pytest.raises(SpecError, match=r"UTF-16.*UTF-8"):
        read_specification(path)


def test_a_missing_file_is_told_with_its_path(tmp_path):
    with pytest.raises(SpecError, match=re.escape(str(tmp_path / "none.toml"))):
        read_specification(tmp_path / "none.toml")


LEAKS = [
    "raskmelding_date",
    "end_date",
    "closure_reason",
    "total_weeks",
    "benefit_after_t0",
    "jobafklaring_granted",
    "fleksjob_start",
    "pension_decision",
    "foenix_start",
    "fonix",
    "anden_aktoer",
    "workplace_talk",
    "company_course",
    "mentor_start",
    "number_of_talks",
    "joblog_count",
    "sanctions_total",
    "notes_count",
    "final_category",
    "extension_decision",
    "revurdering",
    "agreed_hours",
    "expected_recovery",
    "caseworker_forecast",
    "caseworker_id",
    "kommunekode",
    "nationality",
    "free_text",
]


@pytest.mark.parametrize("name", LEAKS)
def test_a_column_named_as_a_leak_is_refused(written, name):
    """The hard leak list of the domain dossier, section 3.4."""
    if name == "fonix":
        name = "foenix_done"
    with pytest.raises(SpecError, match=name):
        read_specification(written(SMALLEST.replace("years_at_job", name)))


def test_the_fingerprint_follows_the_content_and_not_the_layout(written):
    first = read_specification(written(SMALLEST)).fingerprint()
    spaced = read_specification(written("# remark\n\n" + SMALLEST)).fingerprint()
    other = read_specification(
        written(SMALLEST.replace("test_weeks = 3", "test_weeks = 4"))
    )
    assert spaced == first
    assert other.fingerprint() != first


def test_places_are_no_longer_stated_here_and_the_message_says_where(written):
    old = SMALLEST.replace("[split]", "[capacity]\nper_week = 14\n[split]")
    with pytest.raises(SpecError, match=r"capacity: .*write \[places.<target>\]"):
        read_specification(written(old))


AUDIT = """
[audit.ages]
label = { da = "a", en = "a" }
values = ["young", "grown", "old"]
[audit.ages.merged.two_ages]
"under 40" = ["young"]
"40 and over" = ["grown", "old"]
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('["grown", "old"]', '["old"]'), "merged.two_ages: two groups or more hold"),
        (('["young"]', '["young", "old"]'), "merged.two_ages: two groups or more hold"),
        (("two_ages", "years_at_job"), "'years_at_job' is declared as an intake"),
        (("two_ages", "ages"), "audit: 'ages' is declared twice"),
        (
            ('values = ["y', 'bands_of = "x"\nvalues = ["y'),
            "audit.ages.bands_of: 'x' is no feature",
        ),
    ],
)
def test_a_coarser_grouping_holds_every_value_once(written, change, says):
    spec = read_specification(written(SMALLEST + AUDIT))
    assert list(spec.audit["ages"].merged) == ["two_ages"]
    with pytest.raises(SpecError, match=re.escape(says)):
        read_specification(written(SMALLEST + AUDIT.replace(*change)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "name features, or after_weeks, and not both"),
        ('features = ["years_at_job"]\nafter_weeks = 8', "and not both"),
        ("after_weeks = 8", "after_weeks: needs the outcome rule still_in"),
    ],
)
def test_a_baseline_is_of_features_or_of_weeks(written, rule, says):
    table = f'[baselines.today]\nlabel = {{ da = "a", en = "a" }}\n{rule}\n'
    with pytest.raises(SpecError, match=re.escape(says)):
        read_specification(written(SMALLEST + table))


def test_a_reading_that_leaves_nothing_long_is_refused():
    shipped = read_specification(ROOT / "models/long_absence.toml").outcome
    content = shipped.model_dump() | {"clarified_is": "not_long"}
    assert Outcome.model_validate(content).as_read().long
    faults = list(
        shipped.model_copy(
            update={"clarified": shipped.long, "clarified_is": "not_long"}
        ).find_faults()
    )
    assert [where for where, _ in faults] == [("clarified_is",)]
    assert "out of clarified" in faults[0][1]
