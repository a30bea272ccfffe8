"""Which words are harmful, and that every file of a site is read past the list."""

from importlib.resources import files
from pathlib import Path

import pytest

from riskscreen.errors import FileError, SpecError
from riskscreen.harmful_words import find_harmful_word
from riskscreen.readers.site_toml import read_site_file
from riskscreen.rules.code_groups import read_code_table
from riskscreen.rules.deadline_rules import read_site_rules
from riskscreen.rules.reforms import read_site_reforms
from riskscreen.spec import SHIPPED_MODELS, read_specification


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("virker umotiveret", "umotiveret"),
        ("Umotiverede borgere", "Umotiverede"),
        ("kan være irriterende", "irriterende"),
        ("er systemskadet", "systemskadet"),
        ("uegnet til praktik", "uegnet"),
        ("en fastlåst sag", "fastlåst"),
        ("bør have fleksjob", "bør have fleksjob"),
        ("indstilles til førtidspension", "indstilles til førtidspension"),
        ("er indstillet til førtidspension", "indstillet til førtidspension"),
        ("indstilling til fleksjob", "indstilling til fleksjob"),
        ("Indstilling om et fleksjob", "Indstilling om et fleksjob"),
        ("Anbefaling af førtidspension", "Anbefaling af førtidspension"),
        ("anbefaling: ressourceforløb", "anbefaling: ressourceforløb"),
        ("vi kan anbefale fleksjob", "anbefale fleksjob"),
        ("recommendation of a flex job", "recommendation of a flex job"),
        ("egnet til fleksjob", "egnet til fleksjob"),
        ("should get a disability pension", "should get a disability pension"),
    ],
)
def test_a_word_that_judges_or_recommends_is_found_with_what_to_do(text, word):
    found, instead = find_harmful_word(text)
    assert found == word
    assert instead


@pytest.mark.parametrize(
    "text",
    [
        "borgerens motivation",
        "egnet arbejdsplads",
        "visiteret til fleksjob",
        "dage fra indstilling til møde",
        "møde om fleksjob",
        "anbefaling fra læge",
        "på ledighedsydelse",
        "systematisk opfølgning",
    ],
)
def test_a_fact_of_the_case_is_no_harmful_word(text):
    assert find_harmful_word(text) is None


def test_no_text_that_pages_print_is_harmful():
    shipped = files("riskscreen")
    printed = [p for p in (shipped / "data").iterdir() if p.suffix == ".csv"]
    printed = [p for p in printed if p.name != "harmful_words.csv"]
    printed += [*Path(str(shipped)).rglob("texts.*.toml")]
    assert len(printed) > 5
    for path in printed:
        text = path.read_text("utf-8")
        assert find_harmful_word(text) is None, path.name


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


DEADLINES = (
    "name,clock,count,unit,repeats,valid_from,valid_to,da,en,source,verified\n"
    "talk,start,8,weeks,no,,,samtale med den umotiverede,talk,ours,yes\n"
)
CODES = "code,group,source\n555,fastlåst_sag,ours\n"
REFORMS = "date,affects,what,source\n2024-01-01,sygedagpenge,flere uegnede,ours\n"
SITE = 'extract_date = 2025-01-06\nname = "Huset for systemskadede"\n'


@pytest.mark.parametrize(
    ("name", "text", "read", "word", "line"),
    [
        (
            "deadlines.csv",
            DEADLINES,
            lambda p: read_site_rules(p.parent),
            "umotiverede",
            2,
        ),
        ("code_groups.csv", CODES, read_code_table, "fastlåst_sag", 2),
        ("reforms.csv", REFORMS, lambda p: read_site_reforms(p.parent), "uegnede", 2),
        ("site.toml", SITE, lambda p: read_site_file(p.parent), "systemskadede", 2),
    ],
)
def test_a_file_of_a_site_is_refused_with_file_line_and_word(
    tmp_path, name, text, read, word, line
):
    with pytest.raises(FileError) as refused:
        read(write(tmp_path, name, text))
    told = str(refused.value)
    assert name in told
    assert f"line {line}: not {word!r}" in told


def test_a_specification_of_a_site_is_refused_too(tmp_path):
    shipped = SHIPPED_MODELS / "long_benefit.toml"
    for path in SHIPPED_MODELS.glob("*.toml"):
        write(tmp_path, path.name, path.read_text("utf-8"))
    text = shipped.read_text("utf-8").replace(
        "stadig på ledighedsydelse", "egnet til fleksjob"
    )
    with pytest.raises(SpecError, match="not 'egnet til fleksjob'"):
        read_specification(write(tmp_path, "long_benefit.toml", text))


@pytest.mark.parametrize("words", ["gråzone", "i gråzonen", "Grå zone"])
def test_no_band_is_called_by_the_teams_word_for_doubt_between_benefits(
    tmp_path, words
):
    for path in SHIPPED_MODELS.glob("*.toml"):
        write(tmp_path, path.name, path.read_text("utf-8"))
    base = (tmp_path / "_every_target.toml").read_text("utf-8")
    base = base.replace("over gennemsnittet – vurderes individuelt", words)
    write(tmp_path, "_every_target.toml", base)
    with pytest.raises(SpecError) as refused:
        read_specification(tmp_path / "long_absence.toml")
    assert "_every_target.toml" in str(refused.value)
    assert "bands.raised" in str(refused.value)
    assert words.split()[-1].casefold()[-5:] in str(refused.value).casefold()
