"""The papers of a whole site: from what is registered, and kept from run to run."""

import json
import re
from datetime import date

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.texts import DANISH
from riskscreen.errors import FileError, RegistryError
from riskscreen.papers.questions import read_papers, say_line
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.stories.papers import write_site_papers
from tests.dated_training import MARK, train_dated
from tests.papers.papers_made import write_answer
from tests.registries import begin_database, write_training

pytestmark = pytest.mark.slow
DAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    database = begin_database(tmp_path_factory, folder / "mlflow.db")
    _, record, model = train_dated()
    evaluation = json.dumps(to_json(record))
    registry = Registry(f"sqlite:///{database}")
    registry.log_training(write_training(model, folder / "one", evaluation=evaluation))
    return registry


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    text = 'name = "Eksempelby"\nextract_date = 2025-01-06\n'
    (folder / "site.toml").write_text(text, "utf-8")
    return read_site(folder)


def read_all(folder):
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.*")}


def test_the_papers_come_before_an_approval_and_after_it(site, registry, tmp_path):
    out = tmp_path / "papers"
    written = write_site_papers(
        site, ["made_up", "other"], out, registry=registry, on=DAY
    )
    assert written.untrained == ("other",)
    said = list(written.describe())
    assert said[0].startswith("other: ")
    missing = written.drafts.count_open(read_papers().papers)
    assert re.findall(r"\d+", said[1])[:2] == [
        str(missing[who]) for who in ("site", "lawyer")
    ]
    pages = read_all(out)
    version = train_dated()[2].version
    assert say_line("not_approved", version=version) in pages["dpia.md"]
    assert str(MARK) not in "".join(pages.values())
    registry.approve(
        registry.find_candidate("made_up"), by="lederen", note="klar", on="2026-11-29"
    )
    write_site_papers(site, ["made_up"], out, registry=registry, on=DAY)
    day = format_date(date(2026, 11, 29), DANISH)
    approved = say_line("approved", version=version, day=day, by="lederen")
    assert approved in read_all(out)["dpia.md"]


def test_an_answer_is_kept_from_run_to_run_and_a_changed_figure_told(
    site, registry, tmp_path
):
    write_answer(site.folder, "controller", "Eksempelby Kommune.")
    out = tmp_path / "papers"
    first = write_site_papers(site, ["made_up"], out, registry=registry, on=DAY)
    assert not first.drafts.outdated
    site_file = site.folder / "site.toml"
    site_file.write_text(
        site_file.read_text("utf-8").replace("01-06", "02-03"), "utf-8"
    )
    later = read_site(site.folder)
    again = write_site_papers(later, ["made_up"], out, registry=registry, on=DAY)
    assert [*again.drafts.outdated] == ["controller"]
    assert any(line.startswith("controller: ") for line in again.describe())
    page = read_all(out)["record_of_processing.html"]
    assert "Eksempelby Kommune." in page
    before, now = (
        say_line("site", name="Eksempelby", day=format_date(day, DANISH))
        for day in (date(2025, 1, 6), date(2025, 2, 3))
    )
    changed = re.findall(r"<li>(?:Før|Nu): (.*)</li>", page)
    assert (before in changed, now in changed) == (True, True)
    assert changed.index(before) < changed.index(now)


def test_nothing_trained_is_refused_and_nothing_is_written(site, registry, tmp_path):
    with pytest.raises(RegistryError, match="riskscreen train TARGET"):
        write_site_papers(site, ["other"], tmp_path / "o", registry=registry, on=DAY)
    assert not (tmp_path / "o").exists()


def test_the_papers_are_never_written_over_the_site_or_what_is_not_ours(
    site, registry, tmp_path
):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("x", "utf-8")
    for out in (site.folder, tmp_path / "mine"):
        with pytest.raises(FileError):
            write_site_papers(site, ["made_up"], out, registry=registry, on=DAY)
    assert [p.name for p in site.folder.iterdir()] == ["site.toml"]
