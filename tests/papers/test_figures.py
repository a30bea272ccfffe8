"""What the run says in the papers: aggregates in Danish, few people hidden."""

from datetime import date

import pytest

from riskscreen.documents.pages.follow_up_page import FiguresTable, Section, make_cells
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.texts import DANISH
from riskscreen.papers.figures import Run, gather_lines
from riskscreen.papers.questions import read_papers, say_line
from riskscreen.readers.letter_text import (
    LETTER_LOG,
    format_letter_log,
    read_stated_texts,
)
from riskscreen.store.decisions import FollowRate
from tests.dated_training import MARK
from tests.experiment.plans import STATEMENTS, lot
from tests.papers.papers_made import collect, make_model, make_site

pytestmark = pytest.mark.slow


def list_all(lines):
    return "\n".join(line for found in lines.values() for line in found)


def test_every_name_that_a_paper_takes_from_the_run_is_collected(tmp_path):
    lines = collect(tmp_path)
    taken = {n for p in read_papers().papers for part in p.sections for n in part.run}
    assert taken == lines.keys()


def test_no_value_of_a_row_and_no_count_of_few_people_reaches_a_line(tmp_path):
    """The row with the mark trained the model; three people are in the tiny group."""
    text = list_all(collect(tmp_path))
    for canary in (str(MARK), f"{MARK:.2f}".replace(".", ","), "c1599", "p1599"):
        assert canary not in text
    groups = collect(tmp_path)["groups"]
    (tiny,) = [line for line in groups if "tiny group" in line]
    hidden = read_papers().words["hidden"]
    few = say_line("group_hidden", label="", group="tiny group", n=hidden)
    assert tiny.endswith(few)


def test_an_experiment_that_the_site_states_is_told_in_its_own_words(tmp_path):
    assert collect(tmp_path)["experiment"] == ()
    plan = lot(information="Vi trækker lod\nom {pladser}.")
    site = make_site(tmp_path, experiment=plan)
    first, *stated = gather_lines(Run(site, (make_model(),)))["experiment"]
    dates = plan.start_date, plan.end_date
    assert all(format_date(day, DANISH) in first for day in dates)
    assert " 2 " in first
    told = {name: " ".join(getattr(plan, name).split()) for name in STATEMENTS}
    assert told["information"].endswith("{pladser}.")
    assert stated == [
        say_line(f"experiment_{name}", said=said) for name, said in told.items()
    ]


def test_monitoring_and_answers_of_caseworkers_are_told_where_there_are_any(tmp_path):
    lines = collect(tmp_path)
    assert "ingen overvågning" in lines["monitoring"][0]
    assert "ingen svar fra sagsbehandlere" in lines["follow_rates"][0]
    table = FiguresTable(
        "Ud af 100: opdigtet",
        ("Hvornår", "Sager", "Forventet", "Faktisk"),
        (make_cells("Efter 8 uger", "348", "66", "64 (59-69)"),),
        note="Model 7c41, data pr. 20. marts 2025.",
    )
    name = make_model().model.spec.name
    rates = (
        FollowRate(name, "0461", "A", 60, 65),
        FollowRate(name, "0461", "B", None, None),
        FollowRate("another", "0461", "A", 95, 100),
    )
    lines = collect(tmp_path, monitoring=(Section("M", tables=(table,)),), rates=rates)
    title, figures = lines["monitoring"]
    assert title == f"{table.title}. {table.note}"
    ((when, *found),) = table.rows
    assert figures.startswith(f"{when.text}: ")
    for column, cell in zip(table.columns[1:], found, strict=True):
        assert f"{column.lower()} {cell.text}" in figures
    followed, few = lines["follow_rates"]
    assert "0461/A: forslag blev fulgt i 60-65 % af sagerne." in followed
    assert "0461/B: for få svar" in few


def test_the_information_text_is_the_one_of_the_letters(tmp_path):
    """Confirmed, its paragraphs stand in the paper; changed afterwards, none does."""
    (tmp_path / "text.txt").write_text("Første afsnit.\n\nAndet afsnit.", "utf-8")
    stated = {"letter": {"information": {"da": "text.txt"}}}
    site = make_site(tmp_path, **stated)
    unconfirmed = gather_lines(Run(site, (make_model(),)))["information_text"]
    assert unconfirmed == (say_line("information_none"),)
    (text,) = read_stated_texts(site)
    row = {
        "date": date(2026, 11, 1).isoformat(),
        "by": "NN",
        "role": "jurist",
        "text": text.part,
        "language": text.language,
        "sha256": text.sha256,
    }
    (tmp_path / LETTER_LOG).write_text(format_letter_log([row]), "utf-8")
    first, *paragraphs = gather_lines(Run(site, (make_model(),)))["information_text"]
    assert "bekræftet 1. november 2026 (jurist)" in first
    assert "NN" not in first
    assert paragraphs == ["Første afsnit.", "Andet afsnit."]
