"""Nobody's value leaves: canaries in every place that can hold one, by every output.

What is told and goes on is planted together, in one site that goes through all doors;
what stops a door is planted alone. Every text is searched: printed, logged, warned of,
raised (with what it was raised from, and its trace) and written. The files in which a
row's own key is due (scores, reasons, set-aside and routed rows, pages of cases) are
searched for everything but that key.
"""

import csv
import io
import json
import logging
import os
import sys
import traceback
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from riskscreen import cli, load_model
from riskscreen.documents.cards import format_importance
from riskscreen.documents.cards.record import to_json
from riskscreen.errors import ScreeningError
from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.model_folder import load_model_folder
from riskscreen.model.records import check_record
from riskscreen.model.stored_model import StoredModel
from riskscreen.pseudonymise import pseudonymise_site
from riskscreen.pseudonyms import Key
from riskscreen.readers import read_table
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.spec.printed import format_specification
from riskscreen.training import prepare
from riskscreen.training.importance import measure_importance
from riskscreen.validation import validate_table
from riskscreen.validation.schemas import HISTORY
from tests import small_site
from tests.hooks import hooks_restored
from tests.registries import begin_database, write_training

pytestmark = pytest.mark.slow

SPEC = small_site.specification()
AS_OF = small_site.EXTRACTED.date()
TEXT = "Kanarieholm Alle 4"
NUMBER = "070761-4285"
OF_A_KEY = "Noegleholm-9"
"""Stands in keys: due in the row's own files, and nowhere else."""
FOUND = ("kanarieholm", "070761-4285", "0707614285", "noegleholm")
DUE = (
    "facts",
    "benefits",
    "scores",
    "reasons",
    "routed",
    "set_aside",
    "arrivals",
    "case",
    "team",
    "week",
    "worklist",
    "index",
)


def canaries_in(text, *, but=()):
    """The canaries in *text*, each with what stands before it."""
    return [word for word in FOUND if word in text.casefold() and word not in but]


def texts_of(error):
    """Everything that *error* can show: of itself, and of all it came from."""
    seen, now = [], [error]
    while now:
        one = now.pop()
        seen += [str(one), repr(one), *getattr(one, "__notes__", ())]
        now += [more for more in (one.__cause__, one.__context__) if more is not None]
    return "\n".join([*seen, *traceback.format_exception(error)])


def text_of_file(path):
    """The words of a file, unpacked; names of its columns and what travels beside."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return f"{table.schema.to_string()} {table.schema.metadata} {table.to_pylist()}"
    content = path.read_bytes()
    return content.decode("utf-8", "replace") + content.decode("utf-16-le", "replace")


def canaries_below(folder):
    """The canaries in every file that was written, by name."""
    found = {}
    for path in folder.rglob("*"):
        found[path.name] = canaries_in(path.name)
        if path.is_file():
            due = path.stem.startswith(DUE) or path.parent.name in ("cases", "teams")
            but = ("noegleholm",) if due else ()
            found[path.name] += canaries_in(text_of_file(path), but=but)
    return {name: words for name, words in found.items() if words}


class Told(logging.Handler):
    """What a door told: printed, logged, warned of and raised."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.words, self.printed, self.error = [], io.StringIO(), None

    def emit(self, record):
        self.words += [record.getMessage(), repr(record.args)]

    @property
    def text(self):
        raised = texts_of(self.error) if self.error else ""
        return "\n".join([self.printed.getvalue(), *self.words, raised])


@contextmanager
def listening():
    told, root = Told(), logging.getLogger()
    root.addHandler(told)
    before = root.level
    root.setLevel(logging.DEBUG)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            redirect_stdout(told.printed),
            redirect_stderr(told.printed),
        ):
            warnings.simplefilter("always")
            try:
                yield told
            except (ScreeningError, SystemExit) as error:
                told.error = error
        told.words += [str(one.message) for one in warned]
    finally:
        root.removeHandler(told)
        root.setLevel(before)


def run_command(monkeypatch, *arguments):
    with monkeypatch.context() as patched, hooks_restored():
        patched.setattr(sys, "argv", ["riskscreen", *map(str, arguments)])
        cli.main()


# A site, its specification and its model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_site.approved_folder(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    text = format_specification(SPEC)
    (place / "small_target.toml").write_text(text, encoding="utf-8")
    return place


class Site:
    """A site in memory, to plant in, and the folder that it is written to."""

    def __init__(self, folder, n=60, *, seed=5):
        self.folder = folder
        self.cases = small_site.cases(n, seed=5)
        past = small_site.history(self.cases, seed=seed)
        self.history = small_site.reaching(past, AS_OF)
        self.audit = self.cases[["case_id"]].assign(audit_kind="x", audit_note="note")
        self.efforts = self.cases[["case_id"]][:12].assign(
            kind="mentor", start_date="2024-05-01", place="x"
        )
        self.follow_up = self.cases[["case_id"]].assign(
            team="A", takes_part="ja", excluded_reason="", first_absence_day=""
        )
        self.answers = pd.DataFrame(
            {"round": "0", "team": "A", "role": "staff", "question": "1"},
            index=range(20),
        ).assign(answer="4")
        self.codes = small_site.code_table().to_csv_text()
        self.lines = [f"extract_date = {AS_OF}"]
        self.tables = [
            "[intake.small_target]",
            "path = 'small_target/cases.csv'",
        ]
        self.environment = {}

    def write(self):
        place = self.folder / "small_target"
        place.mkdir(parents=True)
        self.cases.to_csv(
            place / "cases.csv", sep=";", index=False, quoting=csv.QUOTE_MINIMAL
        )
        self.audit.to_csv(place / "audit.csv", index=False)
        self.efforts.to_csv(self.folder / "efforts.csv", index=False)
        self.follow_up.to_csv(self.folder / "follow_up.csv", index=False)
        self.answers.to_csv(self.folder / "fidelity.csv", index=False)
        self.history.to_parquet(self.folder / "history.parquet")
        (self.folder / "code_groups_whole.csv").write_text(self.codes, "utf-8")
        text = "\n".join([*self.lines, *self.tables, ""])
        (self.folder / "site.toml").write_text(text, "utf-8")
        return self.folder

    def cell(self, row, name, value):
        self.cases.loc[row, name] = value


# Places that are told of and go on


def in_codes_of_one_person(site):
    person = site.history["person_id"].iloc[0]
    rows = site.history[site.history["person_id"] == person].head(1)
    many = pd.concat([rows] * 12).assign(code=TEXT)
    site.history = pd.concat([site.history, many], ignore_index=True)


def in_codes_of_many(site):
    people = site.history.drop_duplicates("person_id").iloc[5:12].assign(code=TEXT)
    site.history = pd.concat([site.history, people], ignore_index=True)


def in_an_undeclared_column_of_the_history(site):
    site.history = site.history.assign(**{f"note {TEXT}": TEXT})


def in_what_pandas_keeps_beside_a_table(site):
    site.history = site.history.rename_axis(TEXT)
    site.history.attrs["source"] = TEXT


def in_an_audit_level_of_one_person(site):
    site.audit.loc[3, "audit_note"] = TEXT


def in_an_audit_level_of_many(site):
    site.audit.loc[10:20, "audit_note"] = TEXT


def in_efforts(site):
    """What help was given and where is due on pages, and nowhere else."""
    site.efforts.loc[0, "kind"] = TEXT
    site.efforts.loc[1, "place"] = TEXT
    site.efforts.loc[2, "start_date"] = TEXT
    site.efforts.loc[3, "place"] = NUMBER
    site.efforts.loc[4, "case_id"] = OF_A_KEY
    site.efforts.insert(1, TEXT, TEXT)


def in_follow_up(site):
    for row, name in enumerate(("takes_part", "excluded_reason", "first_absence_day")):
        site.follow_up.loc[row, name] = TEXT
    site.follow_up.loc[3, "team"] = NUMBER
    site.follow_up.loc[4, "case_id"] = OF_A_KEY
    site.follow_up.insert(1, TEXT, TEXT)
    for row, name in enumerate(("round", "role", "question", "answer")):
        site.answers.loc[row, name] = TEXT


def in_keys(site):
    site.cell(20, "case_id", OF_A_KEY)
    site.cell(21, "team", OF_A_KEY)
    site.cell(22, "municipality", OF_A_KEY)
    person = site.cases["person_id"].iloc[23]
    site.cell(23, "person_id", OF_A_KEY)
    site.history = site.history.replace({"person_id": {person: OF_A_KEY}})
    site.audit.loc[20, "case_id"] = OF_A_KEY


PLACES = {
    "a cell of free text": lambda s: s.cell(1, "fritekst", TEXT),
    "an undeclared heading": lambda s: s.cases.insert(2, TEXT, "x"),
    "a level": lambda s: s.cell(2, "colour", TEXT),
    "a level in many rows": lambda s: s.cell(slice(30, 40), "colour", TEXT),
    "a number": lambda s: s.cell(3, "distance", TEXT),
    "a count": lambda s: s.cell(4, "helpers", TEXT),
    "a flag": lambda s: s.cell(5, "alone", TEXT),
    "a route": lambda s: s.cell(6, "declined", TEXT),
    "a date": lambda s: s.cell(7, "start_date", TEXT),
    "a day of decision": lambda s: s.cell(8, "decision_date", TEXT),
    "a forecast": lambda s: s.cell(9, "own_guess", TEXT),
    "a person number in a key": lambda s: s.cell(10, "case_id", NUMBER),
    "a person number in text": lambda s: s.cell(11, "fritekst", NUMBER),
    "a person number in a level": lambda s: s.cell(12, "colour", NUMBER),
    "codes of one person": in_codes_of_one_person,
    "codes of many": in_codes_of_many,
    "an undeclared column of the history": in_an_undeclared_column_of_the_history,
    "an index and attributes": in_what_pandas_keeps_beside_a_table,
    "an audit level of one person": in_an_audit_level_of_one_person,
    "an audit level of many": in_an_audit_level_of_many,
    "an undeclared audit column": lambda s: s.audit.insert(1, TEXT, TEXT),
    "a declared audit level": lambda s: setattr(
        s,
        "audit",
        s.audit.assign(
            audit_kind=s.audit["audit_kind"].where(s.audit.index != 40, TEXT)
        ),
    ),
    "efforts": in_efforts,
    "follow-up": in_follow_up,
    "keys": in_keys,
    "the places of site.toml": lambda s: s.tables.extend(
        [
            "[places.small_target]",
            "shared_by = 'team'",
            f"per_week = {{'{TEXT}' = 1}}",
        ]
    ),
    "a form of keys": lambda s: s.tables.extend(["[keys]", "person_id = '.+'"]),
    "a comment of site.toml": lambda s: s.lines.append(f"# {TEXT}"),
    "another target of site.toml": lambda s: s.tables.extend(
        [f"[intake.'{TEXT}']", f"path = '{TEXT}.csv'"]
    ),
    "the source of a code": lambda s: setattr(
        s, "codes", s.codes + f"0999,work,,,,,,work,work,{TEXT},no_source,\n"
    ),
    "the environment": lambda s: s.environment.update(SECRET=TEXT),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("planted") / "site")
    for plant in PLACES.values():
        plant(site)
    os.environ.update(site.environment)
    yield site.write()
    for name in site.environment:
        del os.environ[name]


def test_what_is_told_of_a_site_holds_no_canary(planted, folder, models, monkeypatch):
    out = planted.parent
    doors = {
        "check": ("check", "--site", planted, "--models", models, "--out", out / "q"),
        "score": ("score", "--site", planted, "--model", folder, "--out", out / "s"),
        "report": ("report", out / "s", "--model", folder, "--out", out / "r"),
        "schema": ("schema", "--model", folder, "--out", out / "schema"),
        "follow-up": ("follow-up", "--site", planted, "--out", out / "f"),
    }
    for name, arguments in doors.items():
        with listening() as told:
            run_command(monkeypatch, *arguments)
        assert isinstance(told.error, SystemExit), name
        assert told.error.code in (0, 3, None), (name, told.text)
        assert not canaries_in(told.text), (name, told.text)
    with listening() as told:
        shown = (*doors["report"], "--site", planted, "--out", out / "helped")
        run_command(monkeypatch, *shown)
    assert told.error.code == 3, told.text
    assert not canaries_in(told.text)
    for written in ("q", "s", "f", "schema", "r"):
        assert canaries_below(out / written) == {}, written
    # The canary in keys is there at all, where it is due.
    assert "noegleholm" in text_of_file(out / "s" / "scores.csv").casefold()


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """The planted site half a year later: many cases, and a third stayed ill."""
    site = Site(tmp_path_factory.mktemp("grown") / "site", 900, seed=6)
    stayed = site.cases.iloc[50::3]
    began = pd.to_datetime(stayed["start_date"], format="%d-%m-%Y")
    spells = pd.DataFrame(
        {
            "person_id": stayed["person_id"],
            "code": "300",
            "start_date": began,
            "end_date": began + pd.Timedelta(weeks=40),
        }
    )
    later = AS_OF + pd.Timedelta(weeks=26)
    past = pd.concat([site.history, spells], ignore_index=True)
    site.history = small_site.reaching(past, later)
    site.lines = [f"extract_date = {later}"]
    for plant in PLACES.values():
        plant(site)
    return site.write()


@pytest.fixture
def aged_records(tmp_path):
    """Two trainings whose newest case is of April."""
    model = replace(small_site.model(), notes={"decided": ["2024-03", "2024-04"]})
    other = replace(model, calibration=BetaCalibration(0.5, 0.3))
    rooms = [tmp_path / "one", tmp_path / "other"]
    for room in rooms:
        room.mkdir()
    return list(map(write_training, (model, other), rooms))


def test_what_monitoring_and_a_comparison_tell_holds_no_canary(
    grown, aged_records, monkeypatch, tmp_path, tmp_path_factory
):
    uri = f"sqlite:///{begin_database(tmp_path_factory, tmp_path / 'mlflow.db')}"
    registry = Registry(uri)
    approved, shadow = map(registry.log_training, aged_records)
    registry.approve(approved, by="a leader", note="seen", on="2024-12-30")
    registry.name_shadow(shadow)
    model = registry.export_approved("small_target", tmp_path / "model")
    shared = ("small_target", "--site", grown, "--tracking-uri", uri)
    doors = {
        "monitor": ("--out", tmp_path / "monitoring", "--model", model),
        "compare": ("--out", tmp_path / "comparison"),
    }
    for name, more in doors.items():
        with listening() as told:
            run_command(monkeypatch, name, *shared, *more)
        assert isinstance(told.error, SystemExit), (name, told.text)
        assert told.error.code in (0, 4, None), (name, told.text)
        assert not canaries_in(told.text), (name, told.text)
    pages = {
        path.relative_to(tmp_path).as_posix(): text_of_file(path)
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    # The database of MLflow and its artifacts are among them; no key is due anywhere.
    logged = [name for name in pages if name.endswith("monitoring/monitoring.json")]
    assert len(logged) == 2
    assert "mlflow.db" in pages
    assert {name for name, text in pages.items() if canaries_in(text)} == set()
    figures, compared = (
        json.loads((tmp_path / name).read_text("utf-8"))
        for name in ("monitoring/monitoring.json", "comparison/comparison.json")
    )
    assert figures["matured"]["months"] >= 1
    assert len(figures["evidence"]) == 5
    assert compared["cases"] >= 100


def test_what_a_replay_tells_holds_no_canary(planted, models, monkeypatch, tmp_path):
    """Its model is made at once: what a training tells is looked at elsewhere."""
    monkeypatch.setattr(
        "riskscreen.stories.replay.train_as_known", lambda *_, **__: small_site.model()
    )
    days = ("--from", "2024-04-01", "--to", "2024-04-20")
    with listening() as told:
        run_command(
            monkeypatch,
            *("replay", "--site", planted, "--models", models, *days),
            *("--out", tmp_path / "past"),
        )
    assert told.error.code in (0, None), told.text
    assert not canaries_in(told.text)
    assert canaries_below(tmp_path) == {}
    assert (tmp_path / "past/small_target/da/index.html").is_file()


def test_what_a_training_is_prepared_from_holds_no_canary(planted):
    with listening() as told:
        prepared = prepare(SPEC, read_site(planted))
    assert told.error is None
    kept = [prepared.notes, prepared.fingerprints, prepared.digests]
    features = prepared.features.reset_index(drop=True)  # the index is of rows' keys
    tables = [prepared.attrition, features, prepared.label_noise, prepared.audit]
    words = [*map(str, kept), *(table.to_csv() for table in tables), told.text]
    words += [prepared.code_table_csv.replace(TEXT, "")]  # the site's own declaration
    levels = prepared.cases["municipality"].unique().tolist()
    assert not canaries_in("\n".join([*words, str(levels)]))
    assert prepared.keys == {"person_id": ".+"}


def test_what_a_model_listens_to_is_told_without_anybodys_row(planted):
    prepared = prepare(SPEC, read_site(planted))
    fitted = small_site.model()
    contributions = fitted.score(prepared.features).contributions
    found = measure_importance(
        fitted,
        prepared.features.to_numpy(),
        contributions,
        person=prepared.cases["person_id"],
    )
    record = SimpleNamespace(
        importance=found,
        feature_pairs=None,
        reason_labels={reason.name: reason.label for reason in fitted.reasons},
        feature_labels={feature.name: feature.label for feature in fitted.features},
    )
    told = json.dumps(to_json(found)) + format_importance(record)
    assert not canaries_in(told)
    bins = [b for one in found.features for b in one.bins]
    assert len(bins) >= len(found.features)
    assert min(b.n for b in bins) >= 5
    ends = {end for one in found.features for b in one.bins for end in (b.low, b.high)}
    assert ends.isdisjoint(set(np.unique(contributions)) - {0.0})


def test_what_python_gives_back_holds_no_canary_but_in_rows(folder):
    site = Site(None)
    for plant in PLACES.values():
        plant(site)
    cases, history = with_index_called_line(site.cases, site.history)
    with listening() as told:
        found = load_model(folder).score(cases, history, as_of=AS_OF)
    assert told.error is None
    assert not canaries_in(told.text)
    reasons = found.reasons.drop(columns="case_id").to_csv()
    lines = found.set_aside["line"].tolist()
    words = f"{found.counts} {found.ignored} {found.unreadable_cells} {reasons} {lines}"
    assert not canaries_in(words)


def test_a_pseudonymised_site_holds_no_canary_but_what_is_declared(tmp_path):
    site = Site(tmp_path / "raw")
    numbers = {
        p: f"0101{60 + n % 39:02d}-{4000 + n}"
        for n, p in enumerate(sorted(set(site.cases["person_id"])))
    }
    site.cases["person_id"] = site.cases["person_id"].map(numbers)
    site.history["person_id"] = site.history["person_id"].map(numbers)
    site.history = site.history.dropna(subset="person_id")
    site.cases.insert(2, "ekstra", TEXT)
    in_an_undeclared_column_of_the_history(site)
    in_what_pandas_keeps_beside_a_table(site)
    site.tables = []
    with listening() as told:
        raw = read_site(site.write())
        written = pseudonymise_site(raw, [SPEC], Key(b"k" * 32), out=tmp_path / "out")
        told.words += [words for table in written for words in table.describe()]
    assert told.error is None
    assert not canaries_in(told.text)
    assert canaries_below(tmp_path / "out") == {}


# Places that stop a door


def stated(*lines, intake=True):
    def plant(site):
        site.tables = [*(site.tables if intake else []), *lines]

    return plant


def asked(sql, query):
    return stated(
        "[intake.small_target]", f'sql = "{sql}"', f'query = "{query}"', intake=False
    )


def without_headings(site):
    site.cases = site.cases.set_axis(
        site.cases.iloc[0].replace("case-00000", TEXT), axis=1
    )


STOPPED_SITES = {
    "no line of headings": without_headings,
    "a heading that names a person": lambda s: s.cases.insert(
        1, f"Borgerens navn {TEXT}", "x"
    ),
    "a person number as a heading": lambda s: s.cases.insert(1, NUMBER, "x"),
    "headings, one of them missing": lambda s: setattr(
        s, "cases", s.cases.rename(columns={"helpers": TEXT})
    ),
    "two headings alike": lambda s: (
        s.cases.insert(1, TEXT, "x", allow_duplicates=True)
        or s.cases.insert(1, TEXT, "y", allow_duplicates=True)
    ),
    "a date column throughout": lambda s: setattr(
        s, "cases", s.cases.assign(start_date=TEXT)
    ),
    "person numbers throughout": lambda s: setattr(
        s, "cases", s.cases.assign(fritekst=NUMBER)
    ),
    "a heading of the history": lambda s: setattr(
        s, "history", s.history.rename(columns={"code": TEXT})
    ),
    "a group of codes": lambda s: setattr(s, "codes", f"code,group\n1,{TEXT}\n"),
    "a period of codes": lambda s: setattr(
        s, "codes", f"code,group,valid_from\n1,work,{TEXT}\n"
    ),
    "a heading of codes": lambda s: setattr(s, "codes", f"code,{TEXT}\n1,work\n"),
    "a key of site.toml": lambda s: s.lines.append(f"'{TEXT}' = 1"),
    "a key like another": lambda s: s.lines.append("'extract date 0707614285' = 1"),
    "a key of [keys]": stated("[keys]", f"'{TEXT}' = 'x'"),
    "a pattern of [keys]": stated("[keys]", f"case_id = '{TEXT}[('"),
    "a person in [keys]": stated("[keys]", f"case_id = '{NUMBER}'"),
    "a table of [files]": stated(f"[files.'{TEXT}']", "ends = 'x'"),
    "a key of a table": stated("[files.history]", f"'{TEXT}' = 'x'"),
    "a habit": stated("[files.history]", f"dates = '{TEXT}'"),
    "an encoding": stated("[files.history]", f"encoding = '{TEXT}'"),
    "a delimiter": stated("[files.history]", f"delimiter = '{TEXT}'"),
    "a layout": stated("[files.history]", f"layout = '{TEXT}'"),
    "a stated column": stated("[files.history]", f"columns = {{'{TEXT}' = 'code'}}"),
    "a column of ours": stated("[files.history]", f"columns = {{x = '{TEXT}'}}"),
    "a name for two columns": stated(
        "[files.history]", f"columns = {{'{TEXT}' = 'code', b = 'code'}}"
    ),
    "a time zone": lambda s: s.lines.append(f"timezone = '{TEXT}'"),
    "a day": lambda s: setattr(s, "lines", [f"extract_date = '{TEXT}'"]),
    "a table that stands twice": stated(f"[files.'{TEXT}']", f"[files.'{TEXT}']"),
    "a name that stands twice": stated(
        "[files.history]", f"columns = {{'{TEXT}' = 'code', '{TEXT}' = 'x'}}"
    ),
    "text that is no TOML": lambda s: s.lines.append(TEXT),
    "who shares places": stated(
        "[places.small_target]", f"shared_by = '{TEXT}'", "per_week = 1"
    ),
    "a password": asked(f"postgresql://a:{OF_A_KEY}@db/x", "SELECT 1"),
    "a password behind the question mark": asked(
        f"postgresql://db/x?sslpassword={OF_A_KEY}", "SELECT 1"
    ),
    "a secret from the environment": asked(
        "postgresql://${SECRET}:${SECRET}@localhost:1/${SECRET}?password=${SECRET}",
        "SELECT 1",
    ),
    "an address that is none": asked(f"{TEXT}", "SELECT 1"),
    "a query that fails": asked("sqlite:///here.db", f"SELECT '{TEXT}' FROM nowhere"),
    "two columns of a query": asked(
        "sqlite:///here.db", f"SELECT 1 AS '{TEXT}', 2 AS '{TEXT}'"
    ),
    "columns of a query": asked("sqlite:///here.db", f"SELECT 1 AS '{TEXT}'"),
    "an order that is no query": asked("sqlite:///here.db", f"DELETE '{TEXT}'"),
    "a person in a query": asked("sqlite:///here.db", f"SELECT '{NUMBER}'"),
    "the path of a table": stated(
        "[intake.small_target]", f"path = '{NUMBER}.csv'", intake=False
    ),
    "a key that is none": stated("[trust]", f"approval_keys = ['{TEXT}']"),
}


@pytest.mark.parametrize("place", STOPPED_SITES)
def test_what_stops_a_site_is_told_without_it(place, tmp_path, folder):
    site = Site(tmp_path / "site")
    STOPPED_SITES[place](site)
    site.write()
    with listening() as told:
        read = read_site(site.folder, environment={"SECRET": OF_A_KEY})
        read_table(read.history())
        cases = read_table(read.intake("small_target")).table
        load_model(folder)  # the model's door, for what the readers let through
        prepare(SPEC, read)
        load_model(folder).score(cases, None)
    assert isinstance(told.error, ScreeningError), place
    assert not canaries_in(told.text), told.text


def damaged(name, content):
    def plant(folder):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return plant


STOPPED_FILES = {
    "a file that is no Parquet": damaged("c.parquet", f"PAR1{TEXT}PAR1"),
    "a file of control characters": damaged("c.csv", f"\x01\x02\0{TEXT}" * 50),
    "a file of no encoding": damaged("c.csv", TEXT.encode() + b";\x81\x8d\n\x90" * 9),
    "a quotation mark": damaged("c.csv", f'a;b\n"{TEXT};1\n'),
    "a quotation mark in a heading": damaged("c.csv", f'a;{TEXT}"x;b\n1;2;3\n'),
    "headings alike": damaged("c.csv", f"{TEXT};{TEXT}\n1;2\n"),
    "one column": damaged("c.csv", f"{TEXT}\n{TEXT}\n"),
    "rows of another length": damaged("c.csv", f"a;b;c\n{TEXT};1\n{TEXT};2\n"),
    "a file that is no SAS": damaged("c.sas7bdat", TEXT * 99),
    "a workbook": damaged("c.xlsx", b"PK\x03\x04" + TEXT.encode()),
}


@pytest.mark.parametrize("place", STOPPED_FILES)
def test_a_file_that_cannot_be_read_is_told_without_what_it_holds(place, tmp_path):
    path = STOPPED_FILES[place](tmp_path)
    with listening() as told:
        load = read_table(path)
        validate_table(load.table, HISTORY, name="rows")
    assert isinstance(told.error, ScreeningError), place
    assert not canaries_in(told.text), told.text


def frames():
    site = Site(None)
    return site.cases, site.history


def with_index_called_line(cases, history):
    return cases.set_axis(pd.Index([TEXT] * len(cases), name="line")), history


def with_levels_of_columns(cases, history):
    return cases.set_axis(
        pd.MultiIndex.from_product([[TEXT], cases.columns]), axis=1
    ), history


def with_strange_cells(cases, history):
    class Strange:
        def __str__(self):
            raise ValueError(TEXT)

        __repr__ = __str__

    return cases.astype(object).assign(fritekst=[Strange()] * len(cases)), history


STOPPED_FRAMES = {
    "levels of columns": with_levels_of_columns,
    "cells that raise": with_strange_cells,
    "no table at all": lambda _c, h: (TEXT, h),
    "no history at all": lambda c, _h: (c, {TEXT: TEXT}),
    "columns of another table": lambda c, h: (c.add_prefix(TEXT), h),
    "dates of every kind": lambda c, h: (c, h.assign(start_date=[[TEXT]] * len(h))),
}


@pytest.mark.parametrize("place", STOPPED_FRAMES)
def test_a_frame_that_cannot_be_scored_is_told_without_what_it_holds(place, folder):
    cases, history = STOPPED_FRAMES[place](*frames())
    with listening() as told:
        load_model(folder).score(cases, history, as_of=AS_OF)
    assert isinstance(told.error, ScreeningError), place
    assert not canaries_in(told.text), told.text


OPTIONS = {
    "a day": ["--as-of", NUMBER],
    "a target": ["--target", NUMBER],
    "an output": ["--out", f"out/{NUMBER}"],
    "a site": ["--site", f"/nowhere/{NUMBER}"],
    "a model": ["--model", f"/nowhere/{NUMBER}"],
    "a group": ["--group", NUMBER],
    "an option": [f"--{NUMBER}"],
    "an argument too many": ["a.csv", f"{NUMBER}.csv"],
    "a file": [f"{NUMBER}.csv"],
    "an address with its password": [
        f"postgresql+psycopg://a:{OF_A_KEY}@localhost:1/x#SELECT 1"
    ],
    "an address with a question": [f"sqlite:///x?password={OF_A_KEY}#DROP"],
    "an address that names a person": [f"sqlite:///{NUMBER}.db#SELECT 1"],
}


@pytest.mark.parametrize("place", OPTIONS)
def test_what_is_typed_is_told_without_persons_and_secrets(
    place, folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    given = {"--model": folder, "--as-of": AS_OF, "--out": tmp_path / "out"}
    options = [
        p for name, v in given.items() if name not in OPTIONS[place] for p in (name, v)
    ]
    cases = [] if place.startswith(("a file", "an a")) else ["none.csv"]
    with listening() as told:
        run_command(monkeypatch, "score", *cases, *OPTIONS[place], *options)
    assert isinstance(told.error, SystemExit)
    assert told.error.code not in (0, 3)
    assert told.printed.getvalue()
    assert not canaries_in(told.text), told.text


MODEL_FILES = {
    "its numbers": ("model.json", '"slope": ', f'"slope": "{TEXT}", "x": '),
    "its kind": ("model.json", '"kind": "logistic"', f'"kind": "{TEXT}"'),
    "its features": ("model.json", '"helpers"', f'"{TEXT}"'),
    "its specification": ("specification.json", '"category"', f'"{TEXT}"'),
    "its codes": ("code_groups.csv", "work", TEXT),
}


@pytest.mark.parametrize("place", MODEL_FILES)
def test_a_damaged_model_is_told_without_what_it_holds(place, folder, tmp_path):
    name, before, after = MODEL_FILES[place]
    text = (folder / name).read_text("utf-8")
    assert before in text
    changed = text.replace(before, after)
    with listening() as told:
        if name == "model.json":
            check_record(json.loads(changed), StoredModel, file=name)
        for path in folder.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / name).write_text(changed, "utf-8")
        load_model_folder(tmp_path)
    assert isinstance(told.error, ScreeningError)
    assert not canaries_in(told.text), told.text


def test_forty_places_and_more_are_planted():
    tables = (
        PLACES,
        STOPPED_SITES,
        STOPPED_FILES,
        STOPPED_FRAMES,
        OPTIONS,
        MODEL_FILES,
    )
    assert sum(map(len, tables)) >= 40
