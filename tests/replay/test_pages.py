"""The four pages of a replay: what stands on them, and what no word of them says."""

import re
from dataclasses import replace

import pytest

from riskscreen.replay.counting import count_replay
from riskscreen.replay.pages import FILES, write_pages
from riskscreen.replay.sections import TEXTS as WORDS
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
TEXTS = WORDS["da"]


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


def say(text):
    return re.sub(r"\s+", " ", plain(text))


def read_rows(text):
    """The texts of the cells, row by row."""
    rows = re.findall(r"<tr\b.*?</tr>", text, flags=re.DOTALL)
    cells = (re.findall(r"<t[hd]\b.*?</t[hd]>", r, flags=re.DOTALL) for r in rows)
    return [[say(cell).strip() for cell in row] for row in cells]


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
    rows = read_rows(written["da/index.html"])
    alone = TEXTS["groups"]["practice"]
    shares = ["20 af 30 (67 %)", "10 af 30 (33 %)", "0 af 30 (0 %)"]
    assert [alone, "30", *shares] in [row[:5] for row in rows]
    (sick,) = [row for row in rows if row[0] == "Sygemeldt"]
    assert sick[1:4] == ["13 af 20 (65 %)", "10 af 15 (67 %)", "20 af 30 (67 %)"]
    words = say(written["da/index.html"])
    assert f"{TEXTS['index']['agreed']} 20" in words
    assert f"40 % {TEXTS['index']['agreed_words']}" in words


def test_the_places_and_their_price_stand_on_the_third(written, tmp_path):
    page, t = written["da/waiting-places-price.html"], TEXTS["places"]
    rows = read_rows(page)
    assert [t["price_of_help"], "8.000 kr."] in rows
    assert [t["proposed_a_week"], "17,5"] in rows
    more = t["price_of_more"].format(n=5, price="2.080.000 kr.")
    assert more in say(page)
    write_pages(make_replay(tmp_path, price=None), tmp_path)
    unpriced = read_pages(tmp_path)["da/waiting-places-price.html"]
    assert [t["price"], TEXTS["when"]["not_stated"].lower()] in read_rows(unpriced)


def test_a_price_of_few_is_hidden_and_not_unstated(tmp_path):
    write_pages(make_replay(tmp_path, lasted=4), tmp_path)
    page = read_pages(tmp_path)["da/waiting-places-price.html"]
    rows, t = read_rows(page), TEXTS["places"]
    for name in ("length", "price_of_help"):
        assert [t[name], "skjult"] in rows
    assert [t["price"], "1.000 kr."] in rows
    assert TEXTS["when"]["not_stated"].lower() not in say(page)


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
