import json
import re
import stat

import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.followup.figures import measure_follow_up
from riskscreen.followup.pages import build_page, name_pages, write_follow_up
from riskscreen.followup.wording import TEXTS
from riskscreen.readers.site import read_site
from tests.followup.two_teams import write_cases

pytestmark = pytest.mark.slow

VOLUMES = (
    "month;team;programme;entries;person_days;closings_recovered;price_a_week;"
    "caseload;target;caseworkers;caseload_min;caseload_median;caseload_max\n"
    "2024-01;Nord;Fønix;10;3100;12;700;80;100;6;10;14;18\n"
    "2024-02;Nord;Fønix;12;2900;11;700;90;;6;10;14;18\n"
    "2024-04;Nord;Fønix;;;;;;145;;;;\n"
)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = write_cases(tmp_path_factory.mktemp("found"))
    (folder / "volumes.csv").write_text(VOLUMES, "utf-8")
    return measure_follow_up(read_site(folder))


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    out = tmp_path_factory.mktemp("written") / "pages"
    index = write_follow_up(found, out=out)
    return {
        path.relative_to(out).as_posix(): path.read_text("utf-8")
        for path in out.rglob("*.html")
    } | {"index": str(index)}


def plain(text):
    words = re.sub("<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)
    return words.replace("\N{NO-BREAK SPACE}", " ")


def test_there_is_a_page_for_the_whole_and_one_a_team_in_both_languages(written):
    pages = {"index.html", "team-001.html", "team-002.html"}
    for language in ("da", "en"):
        assert {f"{language}/{page}" for page in pages} <= written.keys()
        assert f'lang="{language}"' in written[f"{language}/team-001.html"]
    assert written["index"].endswith("pages/da/index.html")


def test_every_link_leads_to_a_page(written):
    for name, text in written.items():
        for link in re.findall('href="([^"#]+)"', text):
            folder = name.split("/")[0]
            target = link.removeprefix("../") if "../" in link else f"{folder}/{link}"
            assert target in written, (name, link)


def test_the_figures_of_a_team_stand_on_its_page_in_words(written):
    danish = plain(written["da/team-001.html"])
    for words in ("20 ud af 40 sager", "50 %", "ikke oplyst", "Fønix", "145"):
        assert words in danish
    assert "Syd" not in danish
    assert "20 out of 40 cases" in plain(written["en/team-001.html"])


def test_a_team_without_cases_has_a_page_of_what_else_it_states(tmp_path):
    folder = write_cases(tmp_path)
    (folder / "volumes.csv").write_text(VOLUMES.replace("Nord", "Øst"), "utf-8")
    page = build_page(measure_follow_up(read_site(folder)), "Øst", language="en")
    titles = [section.title for section in page.sections]
    assert titles == ["Programme: Fønix", "Targets: Fønix", "Caseloads"]


def test_what_is_not_delivered_is_said_and_is_no_zero(written):
    danish = plain(written["da/index.html"])
    assert "Det er ikke leveret" in danish
    assert "(fidelity)" in danish
    assert "(volumes)" not in danish
    assert "Projektets mål" not in danish  # nobody says who takes part


def test_the_folder_is_its_owners_and_holds_the_json(found, tmp_path):
    out = tmp_path / "pages"
    write_follow_up(found, out=out)
    content = json.loads((out / "follow_up.json").read_text("utf-8"))
    assert content["four_figures"]["teams"].keys() == {"Nord", "Syd"}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert stat.S_IMODE((out / "da").stat().st_mode) == 0o700
    with pytest.raises(FileError):
        write_follow_up(found, out=found.site.folder)


def test_no_team_names_a_file_and_a_team_without_figures_still_has_a_page(folder):
    rows = "S90;../evil;;;\n"
    with (folder / "follow_up.csv").open("a", encoding="utf-8") as table:
        table.write(rows)
    found = measure_follow_up(read_site(folder))
    assert set(name_pages(found).values()) == {
        f"team-00{n}.html" for n in (1, 2, 3)
    }  # fmt: skip
    page = build_page(found, "../evil", language="en")
    assert page.sections


def test_pages_fetch_nothing_and_run_nothing(written):
    for text in written.values():
        assert "<script" not in text
        assert not re.search(r"https?:", text)


ODENSE = (
    "month;team;programme;target;caseload;caseworkers;caseload_min;caseload_median;"
    "caseload_max\n"
    "2016-09;Odense;Praktik;45;;;;;\n2016-12;Odense;Praktik;130;;;;;\n"
    "2017-06;Odense;Praktik;145;;;;;\n2017-03;Odense;Praktik;;121;4;20;30;41\n"
)


@pytest.fixture(scope="module")
def odense(tmp_path_factory):
    """A site of whose tables every section has something to say."""
    site = tmp_path_factory.mktemp("odense")
    (site / "site.toml").write_text("extract_date = 2017-03-31\n", "utf-8")
    (site / "volumes.csv").write_text(ODENSE, "utf-8")
    cases = "".join(
        f"S{n};Odense;{'meeting' if n % 4 == 0 else 'later'};"
        f"{'nej' if n < 49 else 'ja'};{5 + n % 7};{5 + n % 8}\n"
        for n in range(132)
    )
    (site / "follow_up.csv").write_text(
        "case_id;team;referred_at;takes_part;weekly_hours_start;weekly_hours_latest\n"
        + cases,
        "utf-8",
    )
    begun = [*range(39, 114), *range(39, 54)]
    (site / "efforts.csv").write_text(
        "case_id;kind;start_date\n"
        + "".join(f"S{n};praktik;2016-12-01\n" for n in begun),
        "utf-8",
    )
    (site / "history.csv").write_text(
        "person_id;code;start_date;end_date\n"
        + "".join(f"P{n};740;2016-10-03;\n" for n in range(12)),
        "utf-8",
    )
    (site / "fidelity.csv").write_text(
        "round;team;role;question;answer\n"
        + "".join(
            f"{number};Odense;{role};{question};{4 + (question <= 10 * number)}\n"
            for number in (0, 1)
            for question in range(1, 20)
            for role in ("manager", *["staff"] * 6)
        )
        + "".join(f"1;Odense;staff;barrier_time;{n % 2}\n" for n in range(40)),
        "utf-8",
    )
    return measure_follow_up(read_site(site))


def say(page):
    """Return every text of a page, one after the other."""
    cells = [
        [section.title, section.note, section.caption]
        + [text for table in section.tables for row in table.rows for text in
           (table.title, " ".join(cell.text for cell in row), table.note)]
        for section in page.sections
    ]  # fmt: skip
    words = " | ".join(text for section in cells for text in section)
    return words.replace("\N{NO-BREAK SPACE}", " ")


def test_the_documents_sentences_stand_on_the_page(odense):
    danish = say(build_page(odense, None, language="da"))
    for words in (
        # Odense's targets: 121 is 88 % of the month's 137.5 and 83 % of the last, 145.
        "var 121 borgere i forløb. Det er 88 % af måltallet for måneden, 137,5.",
        "Det er 83 % af det sidste måltal, 145.",
        "September 2016 december 2016 45 → 130 28,3".lower(),
        "December 2016 juni 2017 130 → 145 2,5".lower(),
        # Its referrals: a quarter at the meeting, 39 + 10 withdrawn, 1.2 efforts each.
        "På rehabiliteringsmødet 33 af 132 (25 %)",
        "Afmeldt, før en indsats begyndte 39 af 132 (30 %)",
        "Antal indsatser pr. borger, der er begyndt: 1,2.",
        # Four caseworkers share 121 cases: the mean is told, the spread is not.
        "Odense Praktik marts 2017 121 4 30,3 skjult skjult skjult",
        "Mangel på tid, store sagsstammer 20 af 40 (50 %) ikke oplyst",
        # 10 of 19 questions rose from 4 to 5; of one manager no mean is shown.
        "Odense 1 skjult skjult 4,53 +0,53",
        "Et halvt til et helt år 0",
    ):
        assert words.lower() in danish.lower(), words
    assert "Under et halvt år 12 0" in danish


def test_a_teams_page_leaves_out_what_is_of_the_whole(odense):
    english = say(build_page(odense, "Odense", language="en"))
    assert "Time on ledighedsydelse" not in english
    assert "Lack of time" not in english
    reached = TEXTS["en"]["targets"]["reached"]
    begun = reached.partition("{share}")[0].format(month="March 2017", actual="121")
    assert begun in english


def test_measures_and_help_are_divided_by_band_where_a_run_is_given(odense, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    cases = [f"S{n}" for n in range(132)]
    bands = ["first" if n < 66 else "usual" for n in range(132)]
    scores = pd.DataFrame({"case_id": cases, "band": bands})
    scores.to_parquet(run / "scores.parquet")
    found = measure_follow_up(odense.site, run=run)
    danish = say(build_page(found, None, language="da"))
    assert "Højest risiko 66 17 af 66 (26 %)" in danish
    assert "praktik 27 af 66 (41 %) 48 af 66 (73 %)" in danish


def test_where_every_case_is_left_out_the_reasons_still_stand_there(tmp_path):
    (tmp_path / "site.toml").write_text("extract_date = 2024-06-30\n", "utf-8")
    rows = "".join(f"S{n};Nord;serious_illness\n" for n in range(9))
    (tmp_path / "follow_up.csv").write_text(
        "case_id;team;excluded_reason\n" + rows, "utf-8"
    )
    found = measure_follow_up(read_site(tmp_path))
    assert "Serious illness 9" in say(build_page(found, "Nord", language="en"))
