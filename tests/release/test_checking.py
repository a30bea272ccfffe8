"""Twenty leaks and more, each planted in a folder that may leave without it."""

import json
import os
import re
import shutil
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import FileError, UsageError
from riskscreen.evaluation import Bootstrap, EvaluationCases, evaluate_risk
from riskscreen.evaluation.fairness import Groupings, evaluate_fairness
from riskscreen.files import fingerprint_file, write_json
from riskscreen.release import check_release, gather_study
from riskscreen.release.card import render_card
from riskscreen.release.findings import Leak
from riskscreen.release.forms import Tables, parse_counts, parse_figures
from riskscreen.spec import Gates
from riskscreen.training import StoredEvaluation
from tests.proposed import highest

ROWS = pd.DataFrame(
    {
        "case_id": [f"case-{n}" for n in range(30)],
        "age_at_intake": [30 + n % 9 for n in range(30)],
        "long": [n % 3 == 0 for n in range(30)],
    }
)


def write_evaluation(folder, *, n=600, seed=1):
    """Write what ``riskscreen evaluate`` writes of *n* drawn cases."""
    draw = np.random.default_rng(seed)
    risk = draw.random(n)
    cases = EvaluationCases.from_columns((draw.random(n) < risk).astype(float))
    proposed = highest(cases, risk, share=0.2)
    groups = pd.DataFrame({"sex": draw.choice(["woman", "man"], n)})
    few = Bootstrap(replicates=5)
    found = StoredEvaluation(
        target="long_absence",
        version="0123456789ab",
        evaluation=evaluate_risk(cases, risk, proposed=proposed, bootstrap=few),
        fairness=evaluate_fairness(
            cases,
            risk,
            Groupings(groups),
            proposed=proposed,
            gates=Gates(),
            bootstrap=few,
        ),
        messages=(),
    )
    folder.mkdir()
    write_json(folder / "evaluation.json", to_json(found))


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gathered")
    write_evaluation(folder / "evaluation")
    gather_study(folder / "evaluation", folder / "study")
    return folder / "study"


@pytest.fixture
def study(gathered, tmp_path):
    return shutil.copytree(gathered, tmp_path / "study")


def seal(folder):
    """Make card and manifest say what stands in *folder* now, as a sly leak does."""
    content = json.loads((folder / "study.json").read_text())
    with suppress(ValueError):
        tables = Tables(
            parse_counts((folder / "counts.csv").read_text()),
            parse_figures((folder / "figures.csv").read_text()),
        )
        (folder / "card.md").write_text(render_card(content["target"], tables))
    content["files"] = {
        name: fingerprint_file(folder / name)
        for name in ("card.md", "counts.csv", "figures.csv")
    }
    write_json(folder / "study.json", content)


def add_lines(name, *lines):
    """Return what plants *lines* in a table, and seals it."""

    def plant(folder):
        text = (folder / name).read_text()
        (folder / name).write_text(text + "".join(f"{line}\n" for line in lines))
        seal(folder)

    return plant


def write_counts(*lines):
    return add_lines("counts.csv", *lines)


def write_figures(*lines):
    return add_lines("figures.csv", *lines)


def write_text(name, text):
    def plant(folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return plant


def write_bytes(name, raw):
    return lambda folder: (folder / name).write_bytes(raw)


def add_bytes(name, raw):
    def plant(folder):
        (folder / name).write_bytes((folder / name).read_bytes() + raw)
        seal(folder)

    return plant


def change(name, old, new):
    def plant(folder):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
        if name != "study.json":
            seal(folder)

    return plant


def link(name, to):
    def plant(folder):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)

    return plant


def pipe(folder):
    (folder / "counts.csv").unlink()
    os.mkfifo(folder / "counts.csv")


def stretch(folder):
    with (folder / "card.md").open("r+b") as stream:
        stream.truncate(1 << 40)  # a hole: no disk is filled


CROSS = (
    "known,outcome × sex,long × woman,hidden",
    "known,outcome × sex,not × woman,50",
)
CSV = ROWS.to_csv(index=False)
LEAKS = {
    "rows as CSV": (write_text("rows.csv", CSV), Leak.OTHER),
    "rows below three folders": (write_text("a/b/c/rows.csv", CSV), Leak.OTHER),
    "rows as a note in words": (
        write_text("note.txt", "woman Nord long\nman Syd not\n"),
        Leak.OTHER,
    ),
    "rows as ragged lines": (write_text("readme", "woman,long\nman,x,not"), Leak.OTHER),
    "rows as JSON lines": (
        write_text("rows.json", ROWS.to_json(orient="records", lines=True)),
        Leak.OTHER,
    ),
    "rows as YAML": (write_text("a.yaml", "sex: woman\nlong: true\n"), Leak.OTHER),
    "rows in UTF-16": (write_bytes("a.csv", CSV.encode("utf-16")), Leak.OTHER),
    "rows as Parquet": (
        lambda folder: ROWS.to_parquet(folder / "counts.parquet"),
        Leak.OTHER,
    ),
    "rows in the place of counts": (write_text("counts.csv", CSV), Leak.TABLE),
    "rows in the place of the card": (write_text("card.md", CSV), Leak.CARD),
    "rows in the place of study.json": (
        write_text("study.json", ROWS.to_json(orient="records")),
        Leak.MANIFEST,
    ),
    "rows in the mark": (
        change(".riskscreen.json", '"finished"', '"rows": ["Kaj"],\n "finished"'),
        Leak.OTHER,
    ),
    "a mark of other files": (
        change(".riskscreen.json", "counts.csv", "Kaj"),
        Leak.OTHER,
    ),
    "a picture": (write_bytes("plot.png", b"\x89PNG\r\n\x1a\n\x00"), Leak.OTHER),
    "a hidden file": (write_text(".rows.csv", "a,b\n"), Leak.OTHER),
    "a file whose name is no text": (
        lambda folder: (folder / os.fsdecode(b"\xff070761.csv")).write_text("a,b"),
        Leak.OTHER,
    ),
    "an empty folder named after a person": (
        lambda folder: (folder / "070761-4285").mkdir(),
        Leak.OTHER,
    ),
    "a person number over two folders": (
        write_text("070761/4285/note.txt", "Nothing."),
        Leak.OTHER,
    ),
    "a link out of the folder": (link("cases.csv", "/etc/hosts"), Leak.OTHER),
    "a link in the place of a table": (link("counts.csv", "figures.csv"), Leak.OTHER),
    "a pipe in the place of a table": (pipe, Leak.OTHER),
    "a huge card": (stretch, Leak.OTHER),
    "an archive behind a table": (
        add_bytes("figures.csv", b"PK\x05\x06" + bytes(18)),
        Leak.TABLE,
    ),
    "empty lines behind a table": (add_bytes("counts.csv", b"\n\n"), Leak.TABLE),
    "blanks in a manifest": (change("study.json", '": "', '":  "'), Leak.MANIFEST),
    "a key in a manifest": (
        change("study.json", "{", '{"rows": ["woman"],'),
        Leak.MANIFEST,
    ),
    "deep JSON": (write_text("study.json", "[" * 200_000), Leak.MANIFEST),
    "a cell of four": (write_counts("known,sex,woman,4"), Leak.SMALL),
    "a cell of four as 4.0": (write_counts("known,sex,woman,4.0"), Leak.TABLE),
    "a cell of four and a blank": (write_counts("known,sex,woman,4 "), Leak.TABLE),
    "a cell of four as 04": (write_counts("known,sex,woman,04"), Leak.TABLE),
    "fewer than five beside a total": (
        write_counts("known,all,all,100", "known,sex,woman,<5"),
        Leak.TABLE,
    ),
    "a number of people in a label": (
        write_counts("known,sex,woman (3 of them) ,hidden"),
        Leak.TABLE,
    ),
    "people of a word of one's own": (
        write_counts("Kaj Hansen,all,all,hidden"),
        Leak.TABLE,
    ),
    "an unrounded count": (write_counts("known,sex,woman,437"), Leak.UNROUNDED),
    "a count rounded twice": (
        write_counts("known,sex,woman,40", "known,sex,woman,45"),
        Leak.CONTRADICTORY,
    ),
    "a total that gives a cell away": (
        write_counts("known,all,all,100", "known,sex,woman,hidden", "known,sex,man,97"),
        Leak.WORKED_OUT,
    ),
    "a hidden cell worked out from a margin": (
        write_counts(
            *(*CROSS, "known,outcome × sex,long × man,41"),
            *("known,outcome × sex,not × man,60", "known,outcome,long,44"),
            "known,outcome,not,110",
        ),
        Leak.WORKED_OUT,
    ),
    "a hidden cell of a margin of nobody": (
        write_counts("known,outcome,long,0", "known,outcome × sex,long × woman,hidden"),
        Leak.WORKED_OUT,
    ),
    "a hidden cell worked out from a crossing the other way": (
        write_counts(*CROSS, "known,sex × outcome,woman × long,41"),
        Leak.CONTRADICTORY,
    ),
    "columns crossed with others": (
        write_counts("known,sex × outcome,woman,hidden"),
        Leak.TABLE,
    ),
    "three columns crossed": (
        write_counts("known,sex × age × outcome,woman × old × long,50"),
        Leak.TABLE,
    ),
    "a hidden count whose figure tells how many they are": (
        lambda folder: (
            write_counts("known,sex,woman,hidden")(folder),
            write_figures("known,sex,woman,base_rate,20,0.5,,")(folder),
        ),
        Leak.WORKED_OUT,
    ),
    "a count by person": (write_counts("known,person_id,P,5"), Leak.KEY),
    "a count of a key": (write_counts("known,unit,P00371,5"), Leak.KEY),
    "a person number in a label": (
        write_counts("known,unit,070761-4285,5"),
        Leak.PERSON_NUMBER,
    ),
    "a share that gives a count of three away": (
        write_figures("known,all,all,base_rate,200,0.015,,"),
        Leak.FINE,
    ),
    "a figure with full digits": (
        write_figures("known,all,all,mean_risk,200,0.30000000051,,"),
        Leak.FINE,
    ),
    "a share of six told as one of six hundred": (
        write_figures(
            "known,all,all,base_rate,600,0.01,,", "known,all,all,recall,600,0.33,,"
        ),
        Leak.FINE,
    ),
    "one figure of two numbers of people": (
        write_figures(
            "known,all,all,base_rate,200,0.3,,", "known,all,all,base_rate,205,0.35,,"
        ),
        Leak.CONTRADICTORY,
    ),
    "a key as a figure": (
        write_figures("known,all,all,calibration_intercept,200,70761,,"),
        Leak.TABLE,
    ),
    "a mean of two people": (
        write_figures("known,sex,woman,mean_risk,2,0.5,,"),
        Leak.FEW,
    ),
    "the largest value of a person": (
        write_figures("known,all,all,maximum_age,200,67.0,,"),
        Leak.EXTREME,
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_refused_by_its_rule(study, name):
    plant, rule = LEAKS[name]
    plant(study)
    found = check_release(study)
    assert rule in {of.rule for of in found}
    said = "\n".join(map(str, found)).encode().decode()
    for value in ("070761", "case-1", "P00371", "97", "437"):
        assert value not in said


def test_an_honest_folder_leaves_with_its_mark_or_without(study):
    assert check_release(study) == []
    (study / ".riskscreen.json").unlink()
    assert check_release(study) == []
    assert (study / "counts.csv").read_text().splitlines()[1] == "evaluated,all,all,600"
    assert "woman" in (study / "card.md").read_text()


@pytest.mark.parametrize("name", ["counts.csv", "card.md", "study.json"])
def test_what_was_changed_since_it_was_gathered_is_refused(study, name):
    text = (study / name).read_text()
    (study / name).write_text(text.replace("evaluated", "others").replace(",\n", "\n"))
    if name == "study.json":
        (study / name).unlink()
    assert Leak.MANIFEST in {of.rule for of in check_release(study)}


def test_a_finding_says_file_place_count_and_remedy_and_no_value(study):
    write_counts("known,sex,woman,4", "known,sex,man,3")(study)
    (small,) = (of for of in check_release(study) if of.rule is Leak.SMALL)
    assert (small.file, small.place, small.count) == ("counts.csv", "line 5", 2)
    said = str(small)
    what, remedy = Leak.SMALL.value
    assert all(told in said for told in ("counts.csv", "line 5", what, " 2 ", remedy))
    assert re.findall(r"\d+", said) == ["5", "2"]


def test_rounded_counts_may_hide_one_that_exact_ones_would_give_away(study):
    write_counts("known,all,all,100", "known,sex,woman,hidden", "known,sex,man,95")(
        study
    )
    assert check_release(study) == []


def test_counts_that_nobody_can_have_are_refused(study):
    write_counts("known,all,all,100", "known,sex,woman,hidden", "known,sex,man,300")(
        study
    )
    assert {of.rule for of in check_release(study)} == {Leak.CONTRADICTORY}


def test_two_releases_that_differ_by_one_citizen_are_refused(study, tmp_path):
    write_evaluation(tmp_path / "other", n=601)
    gather_study(tmp_path / "other", tmp_path / "later")
    found = check_release(tmp_path / "later", earlier=[study])
    assert [of.rule for of in found] == [Leak.SAME_PEOPLE]


def test_exact_counts_that_differ_by_one_are_refused(study, tmp_path):
    before = shutil.copytree(study, tmp_path / "before")
    write_counts("known,sex,woman,437")(before)
    write_counts("known,sex,woman,438")(study)
    found = check_release(study, earlier=[before])
    assert Leak.DIFFERENCE in {of.rule for of in found}


def test_the_same_release_and_one_of_many_more_people_may_leave(study, tmp_path):
    assert check_release(study, earlier=[study]) == []
    write_evaluation(tmp_path / "other", n=900)
    gather_study(tmp_path / "other", tmp_path / "later")
    assert check_release(tmp_path / "later", earlier=[study]) == []


@pytest.mark.parametrize("level", ["60+", "<30", "30–39", "1/2 tid", "Ærø (by)"])
def test_a_level_as_sites_write_it_may_leave(study, level):
    write_counts("known,all,all,100", f"known,age,{level},60", "known,age,other,40")(
        study
    )
    assert check_release(study) == []


def test_a_study_of_too_few_people_for_any_figure_may_leave(tmp_path):
    write_evaluation(tmp_path / "evaluation", n=4)
    gather_study(tmp_path / "evaluation", tmp_path / "study")
    assert (tmp_path / "study/figures.csv").read_text().count("\n") == 1
    assert check_release(tmp_path / "study") == []


def test_an_earlier_release_without_everybody_is_compared_by_group(study, tmp_path):
    write_evaluation(tmp_path / "other", n=601)
    gather_study(tmp_path / "other", tmp_path / "later")
    change("counts.csv", "evaluated,all,all,600\n", "")(study)
    found = check_release(tmp_path / "later", earlier=[study])
    assert [of.rule for of in found] == [Leak.SAME_PEOPLE]


def test_an_earlier_release_without_counts_is_no_release(study, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no counts"):
        check_release(study, earlier=[tmp_path / "empty"])
    with pytest.raises(FileError, match="no such folder"):
        check_release(tmp_path / "none")


def test_a_role_is_nobodys_number(study):
    with pytest.raises(UsageError, match="names a role"):
        check_release(study, approved_by="070761-4285")


def test_an_empty_folder_is_no_study(tmp_path):
    assert [of.rule for of in check_release(tmp_path)] == [Leak.MANIFEST]
