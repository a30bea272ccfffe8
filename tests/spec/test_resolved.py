import shutil
from pathlib import Path

import pytest

from riskscreen.errors import SpecError
from riskscreen.spec import list_targets, read_specification

MODELS = Path(__file__).parents[2] / "models"
BASE = """
title = { da = "t", en = "t" }
question = { da = "q", en = "q" }
prediction_note = { da = "n", en = "n" }
deadlines = ["first", "second"]
[population]
who = { da = "w", en = "w" }
[[population.routes]]
name = "away"
when = { column = "is_away", is = [true] }
words = { da = "d", en = "e" }
[[population.routes]]
name = "late"
when = { days_from_start_at_least = 56 }
words = { da = "d", en = "e" }
[outcome]
rule = "ready"
horizon_weeks = 8
other_horizons = [{ weeks = 13 }, { weeks = 26 }]
long_words = { da = "l", en = "l" }
[split]
test_weeks = 3
holdout_share = 0.4
[bands]
first = { da = "f", en = "f" }
raised = { da = "r", en = "r" }
usual = { da = "u", en = "u" }
[ideas.work]
label = { da = "arbejde", en = "work" }
[columns]
is_away.from = "_columns"
[columns.years_at_job]
type = "number"
unit = "years"
idea = "work"
known = "at_decision"
monotone = "decreasing"
label = { da = "a", en = "a" }
"""
COLUMNS = """
[columns.is_away]
type = "flag"
role = "route"
known = "at_decision"
label = { da = "a", en = "a" }
[columns.schooling]
type = "category"
idea = "work"
known = "at_decision"
values = ["short", "long"]
source = "a survey"
label = { da = "a", en = "a" }
[columns.schooling.value_labels]
short = { da = "k", en = "s" }
long = { da = "l", en = "l" }
"""


@pytest.fixture
def read(tmp_path):
    """Reads a target that says *own*, beside the base and the shared columns."""

    def read(own='extends = "_base"', *, base=BASE, columns=COLUMNS, more=None):
        files = {"_base": base, "_columns": columns, "own": own, **(more or {})}
        files["own"] = files["own"].replace("extends", 'name = "own"\nextends', 1)
        for name, text in files.items():
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        return read_specification(tmp_path / "own.toml")

    return read


def own(*lines):
    return "\n".join(['extends = "_base"', *lines])


def routes(spec):
    return [route.name for route in spec.population.routes]


@pytest.fixture
def refused(read, tmp_path):
    """The words in which a target is refused, path cut to the file's name."""

    def cut(text):
        return text.replace(f"{tmp_path}/", "")

    def refuse(*given, **files):
        with pytest.raises(SpecError) as told:
            read(*given, **files)
        return [line.strip() for line in cut(str(told.value)).split("\n")]

    return refuse


def test_a_target_has_what_its_base_says_and_its_own_name(read):
    spec = read()
    assert (spec.name, spec.outcome.horizon_weeks) == ("own", 8)
    assert list(spec.columns) == ["is_away", "years_at_job"]


def test_tables_merge_by_key_and_the_targets_own_value_comes_over(read):
    spec = read(own("[split]", "test_weeks = 9", "[bands.first]", 'da = "ny"'))
    assert (spec.split.test_weeks, spec.split.holdout_share) == (9, 0.4)
    assert (spec.bands.first.da, spec.bands.first.en) == ("ny", "f")


def test_a_list_of_values_or_of_tables_without_names_is_replaced_whole(read):
    horizons = "other_horizons = [{ weeks = 4 }]"
    spec = read(own('deadlines = ["third"]', "[outcome]", horizons))
    assert spec.deadlines == ("third",)
    assert [horizon.weeks for horizon in spec.outcome.other_horizons] == [4]


def test_tables_in_a_list_merge_by_their_name_and_new_ones_come_last(read):
    late = ('name = "late"', "when = { days_from_start_at_least = 28 }")
    new = ('name = "new"', "when = { column = 'is_away', is = [false] }")
    words = 'words = { da = "n", en = "n" }'
    route = "[[population.routes]]"
    spec = read(own(route, *new, words, route, *late))
    assert routes(spec) == ["away", "late", "new"]
    assert spec.population.routes[1].when.days_from_start_at_least == 28
    assert spec.population.routes[1].words.en == "e"


def test_an_empty_list_leaves_nothing_of_the_bases(read):
    assert routes(read(own("[population]", "routes = []"))) == []


def test_two_routes_of_one_name_stay_two_and_are_refused(refused):
    route = (
        "[[population.routes]]",
        'name = "new"',
        "when = { days_from_start_at_least = 90 }",
        'words = { da = "n", en = "n" }',
    )
    file, fault = refused(own(*route, *route))
    assert file == "own.toml:"
    assert fault.startswith("population.routes: ")
    assert "'new'" in fault


@pytest.mark.parametrize(
    ("dropped", "left"),
    [
        ("population.routes.away", lambda spec: routes(spec) == ["late"]),
        (
            "columns.years_at_job",
            lambda spec: list(spec.columns) == ["is_away", "schooling"],
        ),
        (
            "columns.years_at_job.monotone",
            lambda spec: spec.columns["years_at_job"].monotone is None,
        ),
        ("outcome.other_horizons", lambda spec: spec.outcome.other_horizons == ()),
        (
            "columns.schooling.source",
            lambda spec: spec.columns["schooling"].source is None,
        ),
    ],
)
def test_what_is_dropped_of_a_base_or_of_a_shared_column_is_gone(read, dropped, left):
    assert left(
        read(own(f'drop = "{dropped}"', '[columns]\nschooling.from="_columns"'))
    )


def test_what_is_dropped_and_said_anew_is_as_said(read):
    when = "when = { column = 'is_away', is = [false] }"
    given = ('drop = ["population.routes.late.when"]', "[[population.routes]]")
    spec = read(own(*given, 'name = "late"', when))
    assert routes(spec) == ["away", "late"]
    assert spec.population.routes[1].when.is_ == (False,)


def test_dropping_what_is_not_there_is_refused_with_what_is(refused):
    (words,) = refused(own('drop = ["population.routes.lat"]'))
    assert words.startswith("own.toml: drop: ")
    assert "'population.routes.lat'" in words
    assert "did you mean 'late'?" in words
    assert "nothing.below" in refused(own('drop = ["nothing.below"]'))[0]
    assert "'name'" in refused(own('drop = ["name"]'))[0]


def test_a_column_is_taken_in_its_place_and_may_change_any_key(read):
    spec = read(
        own(
            "[columns.first]",
            'type = "flag"\nidea = "work"\nknown = "at_decision"',
            'label = { da = "a", en = "a" }',
            "[columns.schooling]",
            'from = "_columns"\nvalues = ["none", "short", "long"]',
            'value_labels.none = { da = "i", en = "n" }',
            "[columns.last]",
            'type = "flag"\nidea = "work"\nknown = "at_decision"',
            'label = { da = "a", en = "a" }',
        )
    )
    assert [*spec.columns][-3:] == ["first", "schooling", "last"]
    schooling = spec.columns["schooling"]
    assert list(schooling.value_labels) == ["none", "short", "long"]
    assert schooling.source == "a survey"


def test_a_shared_column_that_nobody_names_does_not_exist(read):
    assert "schooling" not in read().columns


def test_several_bases_lie_one_over_the_other_in_their_order(read):
    more = {"_second": 'deadlines = ["other"]\n[split]\ntest_weeks = 5'}
    spec = read('extends = ["_base", "_second"]', more=more)
    assert (spec.split.test_weeks, spec.deadlines) == (5, ("other",))
    spec = read('extends = ["_second", "_base"]', more=more)
    assert spec.split.test_weeks == 3


@pytest.mark.parametrize(
    ("extends", "says"),
    [
        ('"_bsae"', "did you mean '_base'?"),
        ('"own"', "extends itself"),
        ('["_base", "_base"]', "twice"),
        ('"../_base"', "without folder"),
        ('"_base.toml"', "without folder and .toml"),
        ("3", "not a name"),
        ('""', "not a name"),
        ('["_base", 3]', "not a name"),
    ],
)
def test_a_base_that_is_none_is_refused(refused, extends, says):
    (words,) = refused(f"extends = {extends}")
    assert words.startswith("own.toml: extends: ")
    assert says in words


def test_a_base_that_has_a_base_is_refused_and_so_is_a_circle(refused):
    (words,) = refused(base='extends = "_more"\n' + BASE, more={"_more": ""})
    assert words.startswith("_base.toml: extends: ")
    (words,) = refused('extends = "other"', more={"other": 'extends = "own"'})
    assert words.startswith("other.toml: extends: ")
    (words,) = refused(base='drop = "split"\n' + BASE)
    assert words.startswith("_base.toml: drop: ")


def test_what_is_not_beside_a_target_is_taken_as_shipped(tmp_path):
    copy = tmp_path / "long_absence.toml"
    shutil.copy(MODELS / copy.name, copy)
    shipped = read_specification(MODELS / copy.name)
    assert read_specification(copy).fingerprint() == shipped.fingerprint()
    (tmp_path / "_sick_listed.toml").write_text("title = ", encoding="utf-8")
    with pytest.raises(SpecError, match=str(tmp_path / "_sick_listed.toml")):
        read_specification(copy)


def test_a_shipped_target_is_nobodys_base(refused):
    (words,) = refused('extends = "long_absence"')
    assert words.startswith("own.toml: extends: there is no long_absence.toml")


def test_a_base_that_cannot_be_read_is_named(refused, read, tmp_path):
    assert refused(base="title = ")[0].startswith("_base.toml: not valid TOML")
    read()
    (tmp_path / "_base.toml").write_bytes(BASE.encode("utf-16"))
    with pytest.raises(SpecError, match=r"_base\.toml: saved as UTF-16"):
        read_specification(tmp_path / "own.toml")


def test_a_base_with_a_mark_at_its_beginning_is_read(read):
    plain = read()
    marked = read(base="\ufeff" + BASE, columns="\ufeff" + COLUMNS)
    assert marked.fingerprint() == plain.fingerprint()


def test_a_base_is_no_target(read, tmp_path):
    read()
    assert list_targets(tmp_path) == ["own"]
    with pytest.raises(SpecError, match=r"_base\.toml: holds what targets share"):
        read_specification(tmp_path / "_base.toml")


def test_a_target_does_not_pass_for_the_one_it_extends(refused):
    whole = 'name = "other"\n' + BASE
    said = refused('# none\nextends_not = "x"', more={"other": whole, "own": ""})
    assert said[0] == "own.toml:"
    with_base = {"other": whole, "own": 'extend = "other"'}
    assert "extend: unknown key" in "".join(refused(more=with_base))


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ('travel.from = "_columns"', "columns.travel: there are is_away, schooling"),
        ('schoolin.from = "_columns"', "columns.schoolin: did you mean 'schooling'?"),
        ('schooling.from = "other"', "columns.schooling.from: 'other' is no file"),
        ("schooling.from = true", "columns.schooling.from: True is no file"),
    ],
)
def test_a_shared_column_that_is_not_there_is_refused(refused, column, says):
    lines = refused(own("[columns]", column))
    assert lines[0].startswith("own.toml:")
    assert says in lines[-1].removeprefix("own.toml: ")


def test_the_file_of_shared_columns_holds_whole_columns_and_nothing_else(
    refused,
):
    assert refused(columns="[gates]\n" + COLUMNS)[0].startswith("_columns.toml: gates")
    itself = COLUMNS + '[columns.other]\nfrom = "_columns"\n'
    assert refused(columns=itself)[0].startswith("_columns.toml: columns.other.from")


def test_each_fault_is_told_of_the_file_that_it_stands_in(refused):
    said = refused(
        own("[outcome]", "horizon_weeks = 0", "[columns.schooling]\nfrom='_columns'"),
        base=BASE.replace('unit = "years"', 'unit = "yaers"').replace(
            "test_weeks = 3", 'test_weeks = "three"'
        ),
    )
    assert [line.split(":")[0] for line in said] == [
        "own.toml",
        "outcome.horizon_weeks",
        "_base.toml",
        "split.test_weeks",
        "columns.years_at_job.unit",
    ]


def test_a_fault_of_a_shared_column_is_told_of_its_file(refused):
    said = refused(columns=COLUMNS.replace('label = { da = "a", en = "a" }\n', "", 1))
    assert said == ["_columns.toml:", "columns.is_away.label: missing; add it"]


@pytest.mark.parametrize("value", ["3", "[]", '"all"'])
def test_a_value_where_tables_belong_is_told_of_its_file(refused, value):
    said = refused(f'extends = "_base"\ncolumns = {value}')
    assert said[0] == "own.toml:"
    assert said[1].startswith("columns: ")


def test_a_fault_between_tables_is_told_of_the_file_with_the_key(refused):
    said = refused(base=BASE.replace('column = "is_away"', 'column = "is_gone"'))
    assert said[0] == "_base.toml:"
    assert said[1].startswith("population.routes.away.when.column: 'is_gone'")


@pytest.mark.parametrize(
    ("when", "key"),
    [
        ("{ colum = 'is_away' }", "when"),
        ("{ column = 'is_away', iss = [true] }", "when.iss"),
        ("{ column = 'is_away' }", "when"),
        ("{ column = 'is_away', is = [true], at_least = 1 }", "when.is"),
        ("{ column = 'is_away', at_least = 2, below = 1 }", "when.below"),
        ("{ known_at_run = ['doed'] }", "when.since"),
        ("3", "when"),
    ],
)
def test_a_fault_in_a_condition_goes_by_the_name_of_its_route(refused, when, key):
    route = ("[[population.routes]]", 'name = "new"', f"when = {when}")
    said = refused(own(*route, 'words = { da = "n", en = "n" }'))
    assert said[1].startswith(f"population.routes.new.{key}: ")


def test_all_faults_between_the_tables_are_told_at_once(refused):
    said = refused(
        own("[gates]", 'evaluated_by = ["nowhere"]'),
        base=BASE.replace('idea = "work"', 'idea = "wrok"').replace(
            "at_decision", "after_decision"
        ),
    )
    assert [line.split(":")[0] for line in said] == [
        "own.toml",
        "gates.evaluated_by",
        "_base.toml",
        "columns.years_at_job.known",
        "columns.years_at_job.idea",
    ]


@pytest.mark.parametrize("target", list_targets(MODELS))
def test_a_shipped_target_says_little_of_its_own(target):
    text = (MODELS / f"{target}.toml").read_text("utf-8")
    assert len(text.splitlines()) < 150
    assert "extends = " in text


@pytest.mark.slow
def test_every_shared_column_of_the_shipped_targets_is_whole_and_used(tmp_path):
    shutil.copytree(MODELS, tmp_path / "models")
    models = tmp_path / "models"
    targets = [read_specification(models / f"{t}.toml") for t in list_targets(models)]
    used = {name for spec in targets for name in spec.columns}
    headings = (models / "_columns.toml").read_text("utf-8").splitlines()
    shared = [h for h in headings if h.startswith("[columns.") and h.count(".") == 1]
    assert {heading[len("[columns.") : -1] for heading in shared} <= used


def test_every_fault_of_what_is_shared_is_told_at_once(read):
    own = """
extends = ["_bsae", "_base", "_other"]
[columns]
gone.from = "_columns"
"""
    other = '[columns]\nlost.from = "_columns"\n'
    with pytest.raises(SpecError) as told:
        read(own, more={"_other": other})
    assert all(name in str(told.value) for name in ("_bsae", "lost", "gone"))


def test_every_key_that_no_base_has_is_told_at_once(read):
    with pytest.raises(SpecError) as told:
        read('extends = "_base"\ndrop = ["titel", "population.routes.early"]')
    assert all(name in str(told.value) for name in ("'titel'", "routes.early"))
