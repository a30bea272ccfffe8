"""What a page tells a site to write is read by the package."""

import ast
import importlib
import json
import re
import shlex
import shutil
import signal
import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import typer

import riskscreen
from riskscreen.cli import app
from riskscreen.errors import SIGNAL_EXIT, NotApprovedError, SpecError
from riskscreen.history.reading import Asked, take_person_history
from riskscreen.readers.site_toml import read_site_file
from riskscreen.rules.code_groups import read_site_code_table
from riskscreen.rules.deadline_rules import (
    check_deadlines,
    read_shipped_rules,
    read_site_rules,
)
from riskscreen.rules.deadlines import CaseFacts, find_deadlines
from riskscreen.rules.reforms import read_site_reforms, select_reforms
from riskscreen.spec import list_facts, read_specification
from riskscreen.timeline import from_days
from riskscreen.validation import read_spells
from riskscreen.validation.schemas import OPEN_AS_OF
from tests.page_commands import PAGES, list_blocks, read_page

ROOT = Path(__file__).parents[2]


def find_block(page, begins):
    """The text of the fenced block of *page* whose first line begins so."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    (block,) = [block for _, block in list_blocks(text) if block.startswith(begins)]
    return block


def test_the_deadlines_of_the_page_are_a_sites_own(tmp_path):
    block = find_block("how-to/deadlines.md", "name,clock,count,unit,applies")
    (tmp_path / "deadlines.csv").write_text(block, "utf-8")
    own = [rule for rule in read_site_rules(tmp_path) if rule.mark == "confirmed"]
    assert [rule.name for rule in own] == ["first_follow_up_talk"]
    assert str(own[0].applies_when[0]) == "employed_at_intake = yes"
    assert len(read_site_rules(tmp_path)) == len(read_shipped_rules()) - 1


def test_a_rule_of_ones_own_is_three_files_as_the_page_shows_them(tmp_path):
    page = "how-to/deadlines.md"
    for path in (ROOT / "models").glob("*.toml"):
        shutil.copy(path, tmp_path)
    own = tmp_path / "long_absence_here.toml"
    copy = (tmp_path / "long_absence.toml").read_text("utf-8")
    copy = copy.replace('name = "long_absence"', 'name = "long_absence_here"', 1)
    copy = copy.replace("deadlines = [", 'deadlines = ["workplace_talk", ', 1)
    block = find_block(page, "[columns.workplace_agreement]")
    own.write_text(f"{copy}\n{block}", "utf-8")
    (tmp_path / "deadlines.csv").write_text(find_block(page, "name,kind"), "utf-8")
    (tmp_path / "reforms.csv").write_text(find_block(page, "date,affects"), "utf-8")
    spec, rules = read_specification(own), read_site_rules(tmp_path)
    check_deadlines(spec.deadlines, rules, list_facts(spec))
    shipped = read_specification(tmp_path / "long_absence.toml")
    assert spec.features() == shipped.features()
    reforms = select_reforms(
        read_site_reforms(tmp_path, synthetic=True), spec.name, spec.deadlines
    )

    def find_talk(start, **columns):
        facts = CaseFacts(start, start, columns=columns)
        found = find_deadlines(
            ["workplace_talk"], facts, as_of=start, rules=rules, reforms=reforms
        )
        return [(talk.due, talk.changed_on) for talk in found]

    september, february = date(2026, 9, 7), date(2027, 2, 1)
    assert find_talk(september) == [(date(2026, 10, 5), None)]
    assert find_talk(september, workplace_agreement=1.0) == []
    assert find_talk(september, age_at_intake=61) == []
    assert find_talk(date(2026, 8, 31)) == []
    changed = date(2027, 3, 1)
    assert find_talk(february, workplace_agreement=0.0) == [(changed, changed)]


def test_who_has_a_job_and_a_firm_has_the_firms_two_weeks_by_the_pages_files(tmp_path):
    page, base = "how-to/deadlines.md", "long_absence.toml"
    for path in (ROOT / "models").glob("*.toml"):
        shutil.copy(path, tmp_path)
    copy = (tmp_path / base).read_text("utf-8")
    copy = copy.replace('name = "long_absence"', 'name = "long_absence_here"', 1)
    copy = copy.replace("name = ", find_block(page, "drop = ") + "name = ", 1)
    own = tmp_path / "long_absence_here.toml"
    block = find_block(page, "[columns.self_employed]")
    own.write_text(f"{copy}\n{block}", "utf-8")
    csv = find_block(page, "name,clock,count,unit,counts")
    (tmp_path / "deadlines.csv").write_text(csv, "utf-8")
    spec, rules = read_specification(own), read_site_rules(tmp_path)
    check_deadlines(spec.deadlines, rules, list_facts(spec))
    assert spec.columns["self_employed"].applies_when is None
    assert read_specification(tmp_path / base).features() == spec.features()

    def find_day(start, job, firm):
        columns = {"age_at_intake": 45.0, "employed_at_intake": job}
        facts = CaseFacts(start, start, columns={**columns, "self_employed": firm})
        names = ["reassessment_22_weeks"]
        (found,) = find_deadlines(names, facts, as_of=start, rules=rules)
        return found.due

    # 154 days are full 184, 168 and 154 days after the start: by which month's end?
    august, september = date(2024, 8, 31), date(2024, 9, 30)
    for start, both, job, firm, neither in (
        (date(2024, 3, 11), august, september, august, august),
        (date(2024, 3, 18), september, september, september, august),
    ):
        assert find_day(start, 1.0, 1.0) == both
        assert find_day(start, 1.0, 0.0) == job
        assert find_day(start, 0.0, 1.0) == firm
        assert find_day(start, 0.0, 0.0) == neither
    # Of whom nobody knows whether he has a firm, the earlier day stands.
    assert find_day(date(2024, 3, 11), 1.0, None) == august


@pytest.mark.parametrize("begins", ["name =", "[files.history]"])
def test_what_the_page_of_sources_states_can_be_read(tmp_path, begins):
    block = find_block("how-to/data-sources.md", begins)
    dated = block if "extract_date" in block else f"extract_date = 2026-10-05\n{block}"
    (tmp_path / "site.toml").write_text(dated, "utf-8")
    stated = read_site_file(tmp_path)
    assert stated.files.history.path in {"ydelser.csv", "dream"}


def test_every_column_that_the_page_of_sources_names_is_one_of_ours():
    page = (ROOT / "docs" / "how-to" / "data-sources.md").read_text("utf-8")
    (table,) = re.findall(r"^\| source .*?(?=^$)", page, re.MULTILINE | re.DOTALL)
    fed = [line.split("|")[2] for line in table.splitlines()[2:]]
    named = set(re.findall(r"`(\w+)`", " ".join(fed)))
    shared = tomllib.loads((ROOT / "models" / "_columns.toml").read_text("utf-8"))
    tables = {"history", "cases", "efforts", "follow_up", "volumes", "outcomes"}
    tables |= {"employment", "long_unemployment", "audit"}
    keys = {"code", "registered_on", "case_id", "municipality", "team", OPEN_AS_OF}
    keys |= {"start_date", "end_date", "decision_date", "lobenr"}
    weeks = {"branche_YYYY_MM", "grad_YYYY_MM", "register_lag_weeks"}
    assert named - tables - keys - weeks - shared["columns"].keys() == set()


def test_the_reforms_of_the_page_are_a_sites_own(tmp_path):
    block = find_block("how-to/reforms.md", "date,affects")
    (tmp_path / "reforms.csv").write_text(block, "utf-8")
    own = read_site_reforms(tmp_path, synthetic=True)
    assert [reform.target for reform in own] == ["long_absence", None]


@pytest.mark.slow
def test_the_codes_of_the_page_are_a_sites_own(tmp_path):
    """Whoever is in jobafklaring at the turn of 2027 stays in it, and no other does."""
    page, monday = "how-to/new-codes.md", date(2026, 12, 28)
    expected = {
        "code,group,valid_from,valid_to,source": ["sygedagpenge", "sygedagpenge"],
        "code,group,valid_from,valid_to,applies": ["jobafklaring", "sygedagpenge"],
    }
    history = pd.DataFrame(
        {
            "person_id": ["in_it", "new"],
            "code": ["870", "870"],
            "start_date": pd.to_datetime(["2026-06-01", "2027-02-01"]),
            "end_date": pd.to_datetime(["2027-06-07", "2027-06-07"]),
        }
    )
    spec = read_specification(ROOT / "models/long_absence.toml")
    persons, day = pd.Index(["in_it", "new"], dtype="str"), date(2027, 7, 5)
    for begins, groups in expected.items():
        (tmp_path / "code_groups.csv").write_text(find_block(page, begins), "utf-8")
        asked = Asked(spec, read_site_code_table(tmp_path), persons, "history", day)
        checked = read_spells(history, file="history", extract_date=day)
        read = take_person_history([checked], asked, extract_date=day)
        index = read.index
        pieces = [
            (index.groups[group], from_days(index.start)[n].date())
            for n, group in enumerate(index.group)
        ]
        assert pieces == [
            ("jobafklaring", date(2026, 6, 1)),
            (groups[0], monday),
            (groups[1], date(2027, 2, 1)),
        ]
        assert read.unknown.empty


def test_the_words_of_the_page_are_a_sites_own(tmp_path):
    for path in (ROOT / "models").glob("*.toml"):
        shutil.copy(path, tmp_path)
    own = tmp_path / "long_absence_here.toml"
    copy = (tmp_path / "long_absence.toml").read_text("utf-8")
    copy = copy.replace('name = "long_absence"', 'name = "long_absence_here"', 1)
    block = find_block("how-to/texts.md", "[bands]")
    own.write_text(f"{copy}\n{block}", "utf-8")
    spec = read_specification(own)
    shipped = read_specification(tmp_path / "long_absence.toml")
    assert spec.columns["partly_working"].label.da == "delvist raskmeldt nu"
    stated = tomllib.loads(block)["bands"]
    assert spec.bands.raised.da == stated["raised"]["da"] != shipped.bands.raised.da
    assert spec.bands.first == shipped.bands.first
    assert spec.features().keys() == shipped.features().keys()
    own.write_text(f"{copy}\n{block.replace('tal med', 'gråzone, tal med')}", "utf-8")
    with pytest.raises(SpecError, match="gråzone"):
        read_specification(own)


def test_the_target_of_the_page_asks_for_the_expectation_and_beats_it(tmp_path):
    for path in (ROOT / "models").glob("*.toml"):
        shutil.copy(path, tmp_path)
    own = tmp_path / "long_absence_since_2026.toml"
    copy = (tmp_path / "long_absence.toml").read_text("utf-8")
    copy = copy.replace('name = "long_absence"', 'name = "long_absence_since_2026"', 1)
    block = find_block("how-to/reforms.md", "[columns.return_expected")
    own.write_text(f"{copy}\n{block}", "utf-8")
    spec = read_specification(own)
    assert "return_expected_within_26_weeks" in spec.features()
    assert "expected_back" in spec.baselines
    shipped = read_specification(tmp_path / "long_absence.toml")
    assert "return_expected_within_26_weeks" not in shipped.features()


def test_every_shipped_deadline_stands_on_the_page():
    page = (ROOT / "docs/how-to/deadlines.md").read_text("utf-8")
    missing = {r.name for r in read_shipped_rules() if f"`{r.name}`" not in page}
    assert missing == set()


def test_the_unit_and_the_container_start_the_service_by_options_that_it_has():
    unit = find_block("how-to/service.md", "[Unit]")
    container = find_block("how-to/service.md", "FROM ")
    started = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1])
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", container, re.MULTILINE)[1])
    serve = typer.main.get_command(app).commands["serve"]
    for program, command, *options in (started, entry):
        assert (Path(program).name, command) == ("riskscreen", "serve")
        assert serve.make_context("serve", options).params["site"]
    ends = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)[1]
    assert {2, NotApprovedError.exit_code} < {*map(int, ends.split())}
    assert SIGNAL_EXIT + signal.SIGTERM not in map(int, ends.split())


def test_what_the_python_of_a_page_takes_of_the_package_is_there():
    wrong, found = [], 0
    for page in PAGES:
        blocks = list_blocks(read_page(page))
        for python in (block for language, block in blocks if language == "python"):
            tree = ast.parse(python, str(page))
            taken = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
            for node in (n for n in taken if n.module.startswith("riskscreen")):
                module = importlib.import_module(node.module)
                found += 1
                names = [name.name for name in node.names]
                wrong += [(page.name, n) for n in names if not hasattr(module, n)]
            for node in (n for n in ast.walk(tree) if isinstance(n, ast.Attribute)):
                if isinstance(node.value, ast.Name) and node.value.id == "riskscreen":
                    found += 1
                    if not hasattr(riskscreen, node.attr):
                        importlib.import_module(f"riskscreen.{node.attr}")
    assert found > 5
    assert wrong == []
