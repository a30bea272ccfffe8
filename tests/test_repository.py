import importlib.util
import pkgutil
import re
import shutil
import signal
import subprocess
import tomllib
from importlib.metadata import distributions, packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import riskscreen
from riskscreen import errors
from riskscreen.errors import (
    ALARM_EXIT,
    FINISHED_EXIT,
    SET_ASIDE_EXIT,
    SIGNAL_EXIT,
    ScreeningError,
)
from riskscreen.guarding import EXTRAS, INCLUDED
from riskscreen.readers.site_file import SiteFile, Stated
from riskscreen.spec import read_specification
from tests import conftest

ROOT = Path(__file__).parents[1]
SPECS = [read_specification(p) for p in sorted(ROOT.glob("models/[!_]*.toml"))]


def tracked(*patterns):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("git lists nothing here: no clone, or a folder of somebody else's")
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_every_model_has_a_card_and_every_card_a_model():
    models = {p.stem for p in ROOT.glob("models/[!_]*.toml")}
    assert models == {p.stem for p in ROOT.glob("model_cards/*.md")}


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_no_column_of_a_specification_is_named_in_the_source(spec):
    """Nothing is hard-wired; the made-up municipality alone knows the columns."""
    names = re.compile(r"\b(" + "|".join([*spec.columns, *spec.audit]) + r")\b")
    source = ROOT / "src/riskscreen"
    found = [
        f"{path.name}: {match.group()}"
        for path in source.rglob("*.py")
        if "synthetic" not in path.relative_to(source).parts
        for match in names.finditer(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.slow
def test_no_package_registry_is_named_in_the_tree():
    hosts = re.compile("py" + r"pi\.org|python" + "hosted|npm" + r"js|deb\." + "debian")
    found = [
        path.name
        for path in tracked()
        if path.is_file() and hosts.search(path.read_text("utf-8", errors="ignore"))
    ]
    assert found == []


def kinds(error):
    return [error, *(k for sub in error.__subclasses__() for k in kinds(sub))]


def test_one_page_and_one_module_have_every_exit_code():
    page = (ROOT / "docs/reference/exit-codes.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\d, ]+) \| (?:`(\w+)`)? *\|", page, re.MULTILINE)
    told = {(int(n), name) for codes, name in rows for n in codes.split(",")}
    # A kind of an error without a code of its own has that error's.
    tree = [
        k
        for k in kinds(ScreeningError)
        if k.__module__ == ScreeningError.__module__ and "exit_code" in vars(k)
    ]
    ours = {(kind.exit_code, kind.__name__) for kind in tree}
    signals = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    plain = [FINISHED_EXIT, SET_ASIDE_EXIT, ALARM_EXIT]
    plain += [SIGNAL_EXIT + number for number in signals]
    assert told == ours | {(code, "") for code in plain}
    assert len({code for code, _ in told}) == len(told)


@pytest.mark.slow
def test_every_error_of_the_product_has_a_code_of_the_tree():
    for module in pkgutil.walk_packages(riskscreen.__path__, "riskscreen."):
        importlib.import_module(module.name)
    tree = {k.exit_code for k in vars(errors).values() if isinstance(k, type)}
    assert {kind.exit_code for kind in kinds(ScreeningError)} == tree


def test_no_pickle_is_written_or_read():
    loads = re.compile(r"^\s*(import|from) (pickle|joblib|cloudpickle|dill)\b", re.M)
    found = [p.name for p in tracked("*.py") if loads.search(p.read_text("utf-8"))]
    assert found == []


def script(name):
    """The module of a script of .ci/."""
    found = importlib.util.spec_from_file_location(name, ROOT / f".ci/{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def floors(pyproject):
    """What .ci/floors.py makes of *pyproject*."""
    return script("floors").floors(pyproject)


def test_licences_are_listed_by_name_and_a_library_that_says_none_says_so():
    bill = {
        "components": [
            {
                "name": "Beta",
                "version": "2",
                "licenses": [
                    {"license": {"id": "MIT"}},
                    {"license": {"name": "License :: BSD style\nAll rights"}},
                    {"license": {"id": "MIT"}},
                ],
            },
            {
                "name": "alpha",
                "version": "1",
                "licenses": [{"expression": "MIT OR 0BSD"}],
            },
            {"name": "gamma", "version": "3"},
        ]
    }
    assert script("licences").list_licences(bill) == [
        "alpha 1: MIT OR 0BSD",
        "Beta 2: MIT, BSD style",
        "gamma 3: not said",
    ]


def test_the_lock_pins_as_constraints_do_and_has_a_digest_of_each_file():
    lock = (ROOT / "lock.txt").read_text("utf-8")
    assert "://" not in lock
    parts = re.split(r"^(?=[\w.-]+(?:\[\w+\])?==)", lock, flags=re.M)[1:]
    assert [part for part in parts if "--hash=sha256:" not in part] == []
    pins = dict(
        re.match(r"([\w.-]+)(?:\[\w+\])?==(\S+)", part).groups() for part in parts
    )
    tested = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
    tested = {canonicalize_name(name): version for name, version in tested.items()}
    assert {n: v for n, v in pins.items() if tested.get(n, v) != v} == {}
    extras = PROJECT["optional-dependencies"].keys() - FOR_PROGRAMS - {"spark"}
    assert (list_declared() | list_declared(*extras)) - pins.keys() == set()


def test_the_lowest_versions_are_the_declared_floors_one_of_each():
    lowest = floors(ROOT / "pyproject.toml")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert [line.split("==")[0] for line in lowest][:2] == ["pandas", "numpy"]
    assert len(lowest) == len({line.split("==")[0] for line in lowest})
    assert {d.replace(">=", "==") for d in declared["dependencies"]} < set(lowest)


def test_a_dependency_without_a_floor_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "any"\ndependencies = ["numpy"]\n'
        "[project.optional-dependencies]\n"
    )
    with pytest.raises(ValueError, match="numpy"):
        floors(tmp_path / "pyproject.toml")


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOR_PROGRAMS = {"docs", "dev"}
# Declared, and imported by no line of ours.
BROUGHT_FOR = {
    "tzdata": "zoneinfo, where a system has no time zones of its own",
    "mssql-python": "SQLAlchemy's driver of SQL Server",
    "myst-parser": "Sphinx's reader of Markdown",
    "pydata-sphinx-theme": "the theme of the documentation",
    "numpydoc": "Sphinx's reader of docstrings",
    "pytest-xdist": "pytest -n",
    "coverage": "a command",
    "ruff": "a command",
    "mypy": "a command",
    "import-linter": "a command",
    "pandas-stubs": "mypy",
    "scipy-stubs": "mypy",
    "setuptools": "what builds the wheel",
    "wheel": "what builds the wheel, at setuptools' side",
}
# Imported, and part of what is declared.
BROUGHT_BY = {
    "pydantic-core": "pydantic",
    "markupsafe": "jinja2",
    "starlette": "fastapi",
    "requests": "mlflow-skinny",
    "mlflow-tracing": "mlflow",
}
# Not installed everywhere.
MODULES = {"mssql-python": "mssql_python", "pyspark": "pyspark"}


def list_declared(*extras):
    """Names of what *extras* declare, the core's where none is named."""
    own = [PROJECT["optional-dependencies"][extra] for extra in extras]
    lines = [*chain(*own)] if extras else PROJECT["dependencies"]
    names = {canonicalize_name(Requirement(line).name) for line in lines}
    return names - {PROJECT["name"]}


def map_distributions():
    """The distributions that bring each importable name."""
    installed = packages_distributions().items()
    here = {
        name: {canonicalize_name(of) for of in brought} for name, brought in installed
    }
    return here | {module: {name} for name, module in MODULES.items()}


def find_imported(*folders):
    """The distributions that the modules in *folders* import."""
    statement = re.compile(r"^ *(?:import|from) (\w+)", re.MULTILINE)
    files = tracked(*(f"{folder}/*.py" for folder in folders))
    names = {n for path in files for n in statement.findall(path.read_text("utf-8"))}
    brought = map_distributions()
    found = set().union(*(brought[name] for name in names & brought.keys()))
    return found - {PROJECT["name"]}


@pytest.mark.slow
def test_every_declared_dependency_is_imported_or_has_its_reason():
    extras = PROJECT["optional-dependencies"].keys() - FOR_PROGRAMS
    run = find_imported("src", "pipelines")
    asked = list_declared() | list_declared(*extras)
    assert run - asked == BROUGHT_BY.keys()
    used = run | find_imported("tests", "docs", "examples", "benchmarks")
    assert (asked | list_declared(*FOR_PROGRAMS)) - used == BROUGHT_FOR.keys()
    assert asked.issuperset(BROUGHT_BY.values())


@pytest.mark.slow
def test_the_extras_that_messages_name_are_those_declared():
    extras = PROJECT["optional-dependencies"]
    brought = map_distributions()
    for extra, libraries in EXTRAS.items():
        own = list_declared(extra)
        assert len(own) == len(libraries), extra
        assert all(own & brought[library] for library in libraries), extra
        included = [line for line in extras[extra] if line.startswith("riskscreen[")]
        others = [INCLUDED[extra]] if extra in INCLUDED else []
        assert included == [f"riskscreen[{other}]" for other in others]
    assert extras.keys() == EXTRAS.keys() | {"ui", *FOR_PROGRAMS}


def test_one_version_stands_in_package_citation_and_newest_change():
    newest = re.search(
        r"^## (\S+) - (\d{4}-\d\d-\d\d)$",
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.M,
    )
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    said = dict(re.findall(r"^(version|date-released): (\S+)$", cited, re.M))
    version, day = newest.groups()
    assert said == {"version": version, "date-released": day}
    assert PROJECT["version"] == version
    assert f"name: {PROJECT['authors'][0]['name']}\n" in cited


def test_the_newest_version_stands_first_among_the_changes():
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    days = re.findall(r"^## \S+ - (\S+)$", changes, re.M)
    assert days == sorted(days, reverse=True)
    assert len(days) == len(re.findall(r"^## ", changes, re.M))


# Tests that mirror no module: what they hold spans rooms, or is of a place in the tree.
SUBJECTS = {
    "cli/test_extras.py": "the core alone, and what other doors say of their extra",
    "cli/test_trust.py": "a site's approval keys, at every command that opens a model",
    "walks/test_pages.py": "every command of the pages, run as it stands",
    "walks/test_sql_server.py": "the driver of SQL Server, where no server is",
    "walks/test_first_model.py": "from the wheel to a first model, in an empty place",
    "walks/test_notebook.py": "the tutorial's notebook, in that place",
    "walks/test_research_machine.py": "from partitioned registers to what may leave",
    "test_policy_rows.py": "the rows of a benchmark, at a smoke size",
    "test_known_truth.py": "the benchmark with a known truth, at a smoke size",
    "documents/pages/test_accessibility.py": "the built pages, in a real browser",
    "documents/pages/test_landmarks.py": "the pages of a run with landmarks",
    "documents/pages/test_written_out_citizens.py": "ten citizens, from row to page",
    "store/test_postgres_files.py": "what a server's own files hold, and a full disk",
    "store/test_sql_server.py": "every statement of a store, for another database",
    "store/test_shadow.py": "what a shadow said, at every door of the store",
    "store/test_killed.py": "a run that is killed, at a smoke size of the benchmark",
    "examples/test_readers.py": "the three readers of examples/, by one rule",
    "examples/test_readmes.py": "figures in the READMEs of examples/",
    "examples/test_sammen_om_fastholdelse.py": "an example of TOML alone",
    "features/test_the_future.py": "the rule that every feature keeps",
    "model/estimators/test_scikit_learn_conventions.py": "scikit-learn's own checks",
    "model/estimators/test_missing.py": "what a blank cell says, in every estimator",
    "spec/test_documents.py": "the shipped specifications beside the documents",
    "scoring/test_databases.py": "cases and history by SQL, as by file",
    "scoring/test_label_age.py": "labels too old to propose anybody by",
    "stories/test_writing.py": "what every story writes, and over what",
    "readers/test_fuzz.py": "any text, through every reader",
    "readers/test_person_numbers.py": "person numbers, through every reader",
    "validation/test_few_cells.py": "a cell alone and among many, in every reader",
    "test_activation.py": "activation, from the code table to features",
    "test_every_listed_code.py": "every code of the public lists, in every layout",
    "readers/test_ten_citizens.py": "one written-out register, in every layout",
    "readers/test_whole_numbers.py": "whole numbers, through every reader",
    "oracles/test_agree.py": "published values, and other libraries' own situations",
    "registry/test_first_use.py": "several first trainings at once",
    "registry/test_postgres.py": "the registry at a real PostgreSQL",
    "training/test_traps.py": "trainings that must be refused",
    "training/test_two_versions.py": "what two versions tell of one citizen",
    "test_canaries.py": "no value of a row leaves, anywhere",
    "test_every_estimator_end_to_end.py": "train, store and score with each estimator",
    "test_network_block.py": "the sockets of the suite itself",
    "test_readme.py": "README.md and docs/tutorial",
    "test_repository.py": "the tree itself",
    "test_retired_words.py": "words that no file may hold",
    "evaluation/test_weights.py": "cases that stand for censored ones, in every figure",
    "training/test_weights.py": "cases that stand for censored ones, in every fit",
    "training/test_tuning_search.py": "the search of tuning, and the file it keeps",
    "test_ten_citizens_outcomes_features.py": "one written-out register, to features",
    "test_ten_citizens_deadlines.py": "ten written-out cases, to their deadlines",
    "docs/test_examples_in_pages.py": "what pages tell a site to write, read",
    "docs/test_commands_in_pages.py": "what pages show to be pasted, parsed",
    "docs/test_architecture.py": "the page of the house: what it names is there",
    "docs/test_law.py": "docs/explanation/law.md: each demand, and what meets it",
}
# Where a folder of tests mirrors something else than a room of the package.
MIRRORED = {
    "docs": "docs",
    "examples": "examples",
    "synthetic": "src/riskscreen_synthetic",
}
# Modules without a test file of their name, by room, and the tests that reach them.
REACHED_BY = {
    "": "tests/test_end_to_end_nothing_hard_wired.py",
    "cli": "tests/cli/test_cli.py",
    "documents": "tests/documents/pages/test_write.py",
    "disclosure": "tests/disclosure/test_suppression.py",
    "documents/cards": "tests/documents/cards/test_cards.py",
    "documents/pages": "tests/documents/pages/test_write.py",
    "evaluation": "tests/evaluation/test_metrics.py",
    "features": "tests/features/test_the_future.py",
    "followup": "tests/followup/test_pages.py",
    "case_system": "tests/case_system/test_outbox.py",
    "replay": "tests/replay/test_pages.py",
    "experiment": "tests/experiment/test_report.py",
    "release": "tests/release/test_checking.py",
    "folders": "tests/folders/test_staging.py",
    "history": "tests/history/test_index.py",
    "live": "tests/live/test_app.py",
    "model": "tests/model/test_risk_model.py",
    "monitoring": "tests/monitoring/test_pages.py",
    "model/estimators": "tests/model/estimators/test_estimators.py",
    "model/horizons": "tests/model/horizons/test_horizons.py",
    "outcomes": "tests/outcomes/test_outcomes.py",
    "population": "tests/population/test_admit.py",
    "quality": "tests/quality/test_report.py",
    "readers": "tests/readers/test_sources.py",
    "registry": "tests/registry/test_store.py",
    "rules": "tests/rules/test_code_groups.py",
    "scoring": "tests/scoring/test_batch.py",
    "spec": "tests/spec/test_specification.py",
    "spark": "tests/spark/test_cluster.py",
    "store": "tests/store/test_keeping.py",
    "store/migrations": "tests/store/test_opening.py",
    "store/migrations/versions": "tests/store/test_opening.py",
    "stories": "tests/stories/test_candidates.py",
    "training": "tests/training/test_train.py",
    "training/candidates": "tests/training/candidates/test_tuning.py",
    "training/data": "tests/training/data/test_preparation.py",
    "training/studies": "tests/training/studies/test_studies.py",
    "treeshap": "tests/treeshap/test_shap_values.py",
    "validation": "tests/validation/test_checking.py",
}


def mirrored_by(test):
    """The modules that a test file may mirror: of its name, or its own room."""
    folder = test.parent.relative_to(ROOT / "tests")
    top = folder.parts[0] if folder.parts else ""
    home = ROOT / MIRRORED.get(top, f"src/riskscreen/{top}")
    home = home.joinpath(*folder.parts[1:])
    name = test.stem.removeprefix("test_")
    inside = [home / f"{name}.py", home / name / "__init__.py"]
    return [*inside, home / "__init__.py"] if name == home.name else inside


def test_every_file_beside_the_modules_is_in_the_wheel():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = told["tool"]["setuptools"]["package-data"]
    beside = [
        path.relative_to(ROOT / "src")
        for path in tracked("src/*")
        if path.is_file() and path.suffix != ".py"
    ]
    assert len(beside) > 20
    assert [
        str(path)
        for path in beside
        if not any(map(path.relative_to(path.parts[0]).match, patterns[path.parts[0]]))
    ] == []


def test_tests_mirror_the_tree():
    tests = sorted((ROOT / "tests").rglob("test_*.py"))
    stray = [
        name
        for test in tests
        if (name := test.relative_to(ROOT / "tests").as_posix())
        and not name.startswith(("field/", "test_end_to_end_"))
        and name not in SUBJECTS
        and not any(path.is_file() for path in mirrored_by(test))
    ]
    assert stray == []
    assert [name for name in SUBJECTS if not (ROOT / "tests" / name).is_file()] == []


def test_whatever_the_suite_runs_otherwise_than_the_rest_is_there():
    tests = [*(ROOT / "tests").rglob("test_*.py")]
    named = {*conftest.SPANNING, *conftest.ANY_VERSION, *conftest.LONGEST}
    gone = {name for name in named if not any(path.match(name) for path in tests)}
    assert gone == set()
    rooms = {path.parent for path in tests}
    assert [folder for folder in conftest.SLOW if folder not in rooms] == []


def test_every_module_has_a_test_of_its_name_or_one_that_reaches_it():
    source = ROOT / "src/riskscreen"
    alone = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if path.stem != "__init__"
        and not (
            (ROOT / "tests" / path.relative_to(source)).with_name(f"test_{path.name}")
        ).is_file()
    ]
    rooms = {Path(name).parent.as_posix().removeprefix(".") for name in alone}
    assert rooms - REACHED_BY.keys() == set()
    assert [test for test in REACHED_BY.values() if not (ROOT / test).is_file()] == []


# What numba compiles, and the plain code that the same cases are put through.
ORACLES = {
    "riskscreen/features/history.py": "tests/features/plain_history.py",
    "riskscreen/features/tables.py": "tests/features/test_tables.py",
    "riskscreen/history/person_places.py": "tests/history/test_person_places.py",
    "riskscreen/history/visibility.py": "tests/history/test_visibility.py",
    "riskscreen/outcomes/kernel.py": "tests/outcomes/plain_outcomes.py",
    "riskscreen/population/at_risk.py": "tests/population/test_at_risk.py",
    "riskscreen/treeshap/single_row_kernel.py": "src/riskscreen/treeshap/definition.py",
    "riskscreen/treeshap/raw_scores.py": "src/riskscreen/treeshap/definition.py",
    "riskscreen/treeshap/interaction_kernel.py": "tests/treeshap/test_interactions.py",
    "riskscreen/treeshap/batch_kernel.py": "src/riskscreen/treeshap/definition.py",
    "riskscreen/treeshap/splits.py": "tests/treeshap/test_splits.py",
    "riskscreen_synthetic/hazards.py": "tests/synthetic/test_truth.py",
}


def test_every_compiled_kernel_is_left_out_of_coverage_beside_its_plain_oracle():
    """No line of a compiled function is seen to run, so coverage leaves it out."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    excluded = settings["tool"]["coverage"]["report"]["exclude_also"]
    decorators = "|".join(mark for mark in excluded if mark.startswith("@"))
    marked = re.compile(rf"^({decorators})", re.MULTILINE)
    kernels = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*.py")
        if marked.search(path.read_text("utf-8"))
    }
    assert kernels == ORACLES.keys()
    assert [path for path in ORACLES.values() if not (ROOT / path).is_file()] == []


def test_every_room_has_a_line_in_contributing():
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rooms = {p.parent.name for p in (ROOT / "src/riskscreen").glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"| `{room}/` |" not in told] == []


@pytest.mark.slow
def test_every_front_offers_what_it_names_and_names_it_once():
    """``__all__`` is what another room may build on."""
    for path in sorted((ROOT / "src/riskscreen").rglob("__init__.py")):
        words = path.parent.relative_to(ROOT / "src").parts
        front = importlib.import_module(".".join(words))
        named = getattr(front, "__all__", [])
        assert len(named) == len(set(named)), front.__name__
        assert [n for n in named if not hasattr(front, n)] == [], front.__name__


def test_every_link_between_pages_leads_somewhere():
    link = re.compile(
        r"(?:\]\(|href=\"|src=\"|\{image\} )(?!https?:|#|mailto:)([^)\"#\s]+)"
    )
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked("*.md")
        if page.is_file() and "model_cards" not in page.parts
        for target in link.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists() and "made/" not in target
    ]
    assert broken == []


def test_every_heading_that_a_page_links_to_is_there():
    """Sphinx asks this of the pages in docs alone."""

    def find_anchors(page):
        headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
        plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
        return {heading.replace(" ", "-") for heading in plain}

    linked = [
        (page, page.parent / target if target else page, anchor)
        for page in tracked("*.md")
        if page.is_file() and not page.is_relative_to(ROOT / "docs")
        for target, anchor in re.findall(
            r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8")
        )
    ]
    assert len(linked) >= 4
    assert [
        (page.name, anchor)
        for page, target, anchor in linked
        if anchor not in find_anchors(target)
    ] == []


def test_every_key_of_a_sites_file_is_explained_on_its_page():
    page = (ROOT / "docs/reference/site-folder.md").read_text("utf-8")
    fields = {
        name
        for part in (SiteFile, *Stated.__subclasses__())
        for name in part.model_fields
    }
    assert [n for n in sorted(fields) if not re.search(rf"\b{n}\b", page)] == []


@pytest.mark.slow
def test_what_is_pinned_installs_on_the_oldest_python_that_is_promised():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {canonicalize_name(name): version for name, _, version in map(_pin, pins)}
    asked = {
        package.name: package.metadata.get("Requires-Python", "")
        for package in distributions()
        if pinned.get(canonicalize_name(package.name)) == package.version
    }
    refusing = {
        name: of for name, of in asked.items() if oldest not in SpecifierSet(of)
    }
    assert len(asked) > 50
    assert refusing == {}


def _pin(line):
    return line.partition("==")
