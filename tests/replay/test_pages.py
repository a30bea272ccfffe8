"""The four pages of a replay: what stands on them, and what no word of them says."""

import re
from dataclasses import replace

import pytest

from riskscreen.replay.counting import count_replay
from riskscreen.replay.pages import FILES, write_pages
from riskscreen.replay.sections import ReplayWords, build_groups
from tests.looked_at import NARROW, WIDE, find_faults, find_unreached, open_whole
from tests.replay.counted import list_cases
from tests.replay.replays import make_replay
from tests.small_site import specification

pytestmark = pytest.mark.slow

CAUSES = (
    *("effekt", "virkning", "virker", "skyldes", "årsag", "forårsag", "medfør"),
    *("fører til", "førte til", "på grund af", "takket være", "som følge af"),
    *("derfor", "fordi", "hjalp", "gavn", "forbedr", "forebyg", "forkort", "i kraft"),
    *("effect", "caus", "because", "due to", "leads to", "led to", "thanks to"),
    *("therefore", "result of", "improv", "prevent", "shorten", "reduc", "benefited"),
    *("impact", "saves", "spare"),
)
"""Words that say that something was the cause of something; none may stand here."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    write_pages(make_replay(folder), folder)
    return folder


@pytest.fixture(scope="module")
def written(folder):
    return read_pages(folder)


def read_pages(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*.html")
    }


def plain(text):
    words = re.sub("<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)
    return words.replace("\N{NO-BREAK SPACE}", " ")


def test_there_are_four_pages_in_each_language_and_every_link_leads_to_one(written):
    names = {
        f"{language}/{file}" for language in ("da", "en") for file in FILES.values()
    }
    assert written.keys() == names
    for name, text in written.items():
        links = re.findall('href="([^"#]+)"', text)
        assert len(links) == 4
        for link in links:
            folder = name.split("/")[0]
            target = link.removeprefix("../") if "../" in link else f"{folder}/{link}"
            assert target in written, (name, link)


@pytest.mark.slow
@pytest.mark.parametrize(("language", "width"), [("da", NARROW), ("en", WIDE)])
@pytest.mark.parametrize("file", FILES.values())
def test_axe_finds_no_fault_and_the_keyboard_reaches_all(
    folder, chromium, file, language, width
):
    tab = chromium.new_page(bypass_csp=True)
    open_whole(tab, (folder / language / file).as_uri(), width)
    assert find_faults(tab) == []
    assert find_unreached(tab) == []


def test_no_page_says_that_something_was_the_cause_of_something(written):
    for name, text in written.items():
        words = plain(text).casefold()
        assert [cause for cause in CAUSES if cause in words] == [], name


def test_the_first_page_says_who_was_chosen_and_how_their_cases_went(written):
    words = re.sub(r"\s+", " ", plain(written["da/index.html"]))
    assert "Både foreslået og valgt 20" in words
    assert "Kun kommunen 30 20 af 30 (67 %) 10 af 30 (33 %) 0 af 30 (0 %)" in words
    sick = "Sygemeldt 13 af 20 (65 %) 10 af 15 (67 %) 20 af 30 (67 %)"
    assert sick in words
    assert "40 % af dem, kommunen valgte" in words


def test_the_places_and_their_price_stand_on_the_third(written, tmp_path):
    words = re.sub(r"\s+", " ", plain(written["da/waiting-places-price.html"]))
    assert "Pris for én borgers indsats 8.000 kr." in words
    assert "5 pladser mere om ugen i et år koster 2.080.000 kr." in words
    assert "Foreslået af modellen om ugen 17,5" in words
    write_pages(make_replay(tmp_path, price=None), tmp_path)
    unpriced = read_pages(tmp_path)["da/waiting-places-price.html"]
    assert "Pris for en uge for én borger ikke oplyst" in re.sub(
        r"\s+", " ", plain(unpriced)
    )


def test_a_price_of_few_is_hidden_and_not_unstated(tmp_path):
    write_pages(make_replay(tmp_path, lasted=4), tmp_path)
    words = plain(read_pages(tmp_path)["da/waiting-places-price.html"])
    words = re.sub(r"\s+", " ", words)
    for label in ("Indsatsens længde i uger", "Pris for én borgers indsats"):
        assert f"{label} skjult" in words
    assert "Pris for en uge for én borger 1.000 kr." in words
    assert "ikke oplyst" not in words


def test_age_bands_stand_in_their_order_and_in_danish(tmp_path):
    """As the specification declares them, and after them whatever else there is."""
    bands = ("under 30", "50 and over")
    spec = specification()
    column = spec.audit["audit_kind"].model_copy(update={"values": bands})
    spec = spec.model_copy(update={"audit": {"audit_kind": column}})
    cases = list_cases().rename(columns={"kind": "audit_kind"})
    cases["audit_kind"] = ["50 and over", "not_stated", "under 30", "x"] * 26 + ["x"]
    counts = count_replay(
        cases, end_states=spec.outcome.end_states, audit=["audit_kind"], weeks=2.0
    )
    found = replace(make_replay(tmp_path), spec=spec, counts=counts)
    *_, section = build_groups(found, ReplayWords("da"))
    names = [row[0].text for row in section.tables[0].rows]
    assert names == ["Under 30 år", "50 år og derover", "Ikke oplyst", "x"]


def test_a_small_group_is_hidden_on_every_page(tmp_path):
    sizes = {"both": 20, "model": 3, "practice": 30, "neither": 40}
    write_pages(make_replay(tmp_path, sizes=sizes), tmp_path)
    for name, text in read_pages(tmp_path).items():
        assert not re.search(r"\b3\b(?! uger| weeks)", plain(text)), name
    assert "skjult" in read_pages(tmp_path)["da/index.html"]


def test_pages_fetch_nothing_and_run_nothing(written):
    for text in written.values():
        assert "<script" not in text
        assert not re.search(r"https?:", text)
