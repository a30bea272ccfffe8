import base64
import hashlib
import html
import json
import math
import re
import stat
import time
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages.write import write_reports, write_reports_by_target
from riskscreen.documents.texts import DANISH
from riskscreen.efforts import read_efforts
from riskscreen.errors import FileError, ModelError
from riskscreen.model.reasons import build_reasons
from riskscreen.policy import Places, Policy
from riskscreen.readers.site import read_site
from riskscreen.rules.deadline_rules import read_site_rules
from riskscreen.rules.reforms import Reform
from riskscreen.scoring.facts import build_empty_benefits
from riskscreen.scoring.ranking import rank_in_team_and_week
from tests.scored_cases import drawn_features, fitted_model, write_run

pytestmark = pytest.mark.slow

AS_OF = date(2025, 1, 20)
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>"\'&'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A run of 90 made-up cases, reported in Danish."""
    folder = tmp_path_factory.mktemp("run")
    model = fitted_model()
    write_run(folder / "scores", model)
    pages = report(folder / "scores", folder / "out", model)
    return folder / "out", pages


def report(run, out, model=None, language="da", **more):
    return write_reports(
        run, model or fitted_model(), language=language, out=out, as_of=AS_OF, **more
    )


class Links(HTMLParser):
    """Every address that a page's tags name, and its text."""

    def __init__(self, path):
        super().__init__()
        self.addresses, self.tags, self.text = [], set(), []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [
            v for k, v in attrs if k in ("href", "src", "action", "data")
        ]

    def handle_data(self, data):
        self.text.append(data)


def test_every_case_has_its_page_and_every_list_its_cases(site):
    out, pages = site
    assert pages.cases == 90
    assert len(list(out.glob("cases/*.html"))) == 90
    named = [a for p in out.glob("team-*.html") for a in Links(p).addresses]
    assert sorted(a for a in named if a.startswith("cases/")) == sorted(
        f"cases/{path.name}" for path in out.glob("cases/*.html")
    )
    assert pages.index == out / "index.html"


def test_every_link_leads_to_a_page_that_is_there(site):
    out, _ = site
    for path in out.rglob("*.html"):
        for address in Links(path).addresses:
            file, _, place = address.partition("#")
            assert not file or (path.parent / file).resolve().is_file(), address
            assert not place or f'id="{place}"' in path.read_text("utf-8"), address


def test_no_page_names_anything_outside_itself(site):
    """No external address, script, font or form: it opens from a folder, offline."""
    out, _ = site
    for path in out.rglob("*.html"):
        # A hash of the policy is letters at random, which may read as an address.
        text = re.sub(r"sha256-[\w+/=]+", "", path.read_text("utf-8"))
        assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:", text)
        assert not Links(path).tags & {"link", "iframe", "img", "object"}
        assert not re.search(r"<[^>]*\s(on\w+|style|action|src)=", text)


def test_a_page_admits_its_own_style_and_script_alone(site):
    """The policy names each by its hash, so nothing that slipped in would run."""
    out, _ = site
    for path in out.rglob("*.html"):
        text = path.read_text("utf-8")
        (policy,) = re.findall('Content-Security-Policy" content="(.*?)"', text)
        admitted = html.unescape(policy).split("; ")
        assert admitted[0] == "default-src 'none'"
        for kind in ("style", "script"):
            (source,) = [p for p in admitted if p.startswith(f"{kind}-src ")]
            held = re.findall(f"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
            hashes = [
                base64.b64encode(hashlib.sha256(of.encode()).digest()).decode()
                for of in held
            ]
            wanted = [f"{kind}-src 'sha256-{one}'" for one in hashes]
            assert [source] == (wanted or [f"{kind}-src 'none'"])


def test_pages_are_small(site):
    out, _ = site
    assert max(path.stat().st_size for path in out.rglob("*.html")) <= 100_000
    assert max(path.stat().st_size for path in out.glob("cases/*.html")) <= 60_000


def test_only_the_owner_may_read(site):
    out, _ = site
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*.html")}
    assert modes == {0o600}


def test_file_names_hold_no_identifier(site):
    out, _ = site
    names = {path.name for path in out.glob("cases/*.html")}
    assert names == {f"{n:06d}.html" for n in range(1, 91)}


def test_a_page_says_what_a_caseworker_must_know(site):
    out, _ = site
    text = " ".join(Links(out / "cases" / "000001.html").text)
    for said in (
        "ud af 10", "mod normalt", "Det bygger tallet på", "kan ikke forudsiges",
        "aldrig mindre", "Frister", "Næste frist", "Projektets mål",
        "Tal med borgeren om", "Mangler i sagen", "Vurderingen er din.",
        "Det stod ikke i sagen", "Det kan tallet ikke se", "At sanktionere",
        "Din vurdering", "Uenig", "Er en oplysning forkert?",
        "Opdigtede data", "Data pr. 20. januar 2025", fitted_model().version,
        "Modelkort: long_absence.md", "Alle forhold, et for et",
    ):  # fmt: skip
        assert said in text, said


def test_no_caseworker_reads_who_has_checked_a_code_or_a_deadline(tmp_path):
    """They are told to whoever runs a delivery; the overview gives the weeks."""
    scores = write_run(tmp_path / "run", fitted_model(), n=2)
    scores.assign(weeks_on_unverified_codes=123).to_parquet(
        tmp_path / "run" / "scores.parquet"
    )
    counts = {"cases": 2, "scored": 2, "routed": 0, "set_aside": 0}
    weeks = {"read": 400, "on_unverified_codes": 246}
    summary = json.dumps({"counts": counts, "weeks_of_history": weeks})
    (tmp_path / "run" / "summary.json").write_text(summary)
    report(tmp_path / "run", tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.html"):
        text = path.read_text("utf-8")
        assert "efterprøvet" not in text, path.name
        if path.name in ("index.html", "leader.html"):
            said = DANISH["overview"]["weeks_unconfirmed"]
            told = " ".join(text.casefold().split())
            assert said.format(unconfirmed=246, weeks="400 uger").casefold() in told
        else:
            assert "bekræftet" not in text, path.name


def test_the_line_is_one_heading_between_who_is_proposed_and_who_is_not(site):
    out, _ = site
    for path in out.glob("team-*.html"):
        text = path.read_text("utf-8")
        above, line, below = text.partition('<tr class="group is-line">')
        assert line
        assert 'data-k="proposed"' in above
        assert 'data-k="proposed"' not in below
        shared = DANISH["case"]["places_shared"].format(teams=2)
        assert re.search(rf"\d+ forslag, 2 pladser \({shared}\)", text)


def test_every_case_of_the_run_stands_on_the_list_of_all_teams(site):
    """Scored, routed and set aside alike, and each once."""
    out, _ = site
    rows = re.findall(r'<tr data-k="(\w+)"', (out / "worklist.html").read_text("utf-8"))
    assert len(rows) == 100
    assert (rows.count("routed"), rows.count("set_aside")) == (7, 3)


def test_who_has_no_figure_has_deadlines_by_the_day_the_case_began(tmp_path):
    """Routed, or with a row that cannot be used: the day stands among the arrivals."""
    write_run(tmp_path / "run", fitted_model(), n=2, teams=("Nord",))
    routed = {"line": 20, "case_id": "500000", "start_date": "2024-12-30"}
    broken = {"line": 14, "case_id": "600001", "start_date": "2025-01-06"}
    arrivals = pd.DataFrame([routed, broken]).assign(
        file="cases.csv", municipality="Eksempelby", team="Nord", decision_date=pd.NaT
    )
    arrivals["start_date"] = pd.to_datetime(arrivals["start_date"])
    arrivals.to_parquet(tmp_path / "run" / "arrivals.parquet")
    report(tmp_path / "run", tmp_path / "out")
    text = (tmp_path / "out" / "team-001.html").read_text("utf-8")
    rows = {
        re.search("<b>([^<]+)</b>", row)[1]: row
        for row in re.findall("<tr data-k=.*?</tr>", text)
        if "<b>" in row.partition("</th>")[0]
    }
    assert 'datetime="2025-02-23"' in rows["500000"]
    assert 'datetime="2025-03-02"' in rows["600001"]
    assert "<time" not in rows["600002"]


def test_the_overview_adds_up(site):
    out, _ = site
    text = " ".join(Links(out / "index.html").text)
    assert DANISH["overview"]["adds_up"] in text
    for figure in ("100", "90", "7", "3"):
        assert re.search(rf"\b{figure}\b", text)


def test_a_count_that_does_not_add_up_is_said(tmp_path):
    write_run(tmp_path / "run", fitted_model(), n=12)
    counts = {"cases": 99, "scored": 12, "routed": 7, "set_aside": 3}
    (tmp_path / "run" / "summary.json").write_text(json.dumps({"counts": counts}))
    report(tmp_path / "run", tmp_path / "out")
    text = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert DANISH["overview"]["does_not_add_up"] in text


def test_real_data_are_not_called_made_up(tmp_path):
    model = replace(fitted_model(), notes={})
    write_run(tmp_path / "run", model, n=5)
    report(tmp_path / "run", tmp_path / "out", model)
    for path in (tmp_path / "out").rglob("*.html"):
        assert "Opdigtede data" not in path.read_text("utf-8")


def test_routed_and_set_aside_cases_have_their_own_pages(site):
    out, _ = site
    routed = " ".join(Links(out / "routed.html").text)
    routes = {of.name: of.words.da for of in fitted_model().spec.population.routes}
    assert routes["standby"] in " ".join(routed.split())
    assert "500000" in routed
    aside = " ".join(Links(out / "set_aside.html").text)
    for said in ("alder: over 70", "visitationsdato: ligger før startdatoen",
                 "alder: mangler", "Udfyld feltet i kilden.", "31"):  # fmt: skip
        assert said in aside


@pytest.mark.parametrize(
    "target", ["long_absence", "long_benefit", "long_unemployment"]
)
@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_every_target_and_estimator_reports_in_english(tmp_path, target, kind):
    model = fitted_model(target, kind)
    write_run(tmp_path / "run", model, n=15)
    pages = report(tmp_path / "run", tmp_path / "out", model, "en")
    assert pages.cases == 15
    text = " ".join(Links(tmp_path / "out" / "cases" / "000001.html").text)
    assert model.spec.title.en in text
    assert not re.search("[æøåÆØÅ]", text.replace("Fønix", ""))


def test_hostile_names_are_shown_and_never_run(tmp_path):
    write_run(tmp_path / "run", fitted_model(), n=20, teams=(HOSTILE, "../../etc"))
    scores = pd.read_parquet(tmp_path / "run" / "scores.parquet")
    reasons = pd.read_parquet(tmp_path / "run" / "reasons.parquet")
    renamed = {old: f"{HOSTILE}{old}" for old in scores["case_id"]}
    scores.assign(case_id=scores["case_id"].map(renamed)).to_parquet(
        tmp_path / "run" / "scores.parquet"
    )
    reasons.assign(case_id=reasons["case_id"].map(renamed)).to_parquet(
        tmp_path / "run" / "reasons.parquet"
    )
    pages = report(tmp_path / "run", tmp_path / "out")
    assert pages.cases == 20
    for path in tmp_path.rglob("*.html"):
        found = Links(path)
        assert "img" not in found.tags
        assert path.read_text("utf-8").count("<script>") <= 1
    first = Links(tmp_path / "out" / "team-001.html")
    assert HOSTILE in "".join(Links(tmp_path / "out" / "team-002.html").text) + "".join(
        first.text
    )


def test_a_row_of_a_list_stays_under_600_bytes(tmp_path):
    """So that 5,000 of them stay under 3 MB."""
    write_run(tmp_path / "run", fitted_model(), n=300, teams=("Nord",), weeks=1)
    pages = report(tmp_path / "run", tmp_path / "out")
    assert pages.worklists == 1
    text = (tmp_path / "out" / "team-001.html").read_text("utf-8")
    table = text[text.index("<tbody") : text.index("</table>")]
    assert len(table.encode()) / table.count("data-k=") < 600


def test_a_live_single_case_has_a_page_without_a_rank(tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=1)
    scores.assign(rank=pd.array([pd.NA], dtype="Int64")).to_parquet(
        tmp_path / "run" / "scores.parquet"
    )
    report(tmp_path / "run", tmp_path / "out")
    text = (tmp_path / "out" / "cases" / "000001.html").read_text("utf-8")
    assert DANISH["case"]["no_rank"] in text
    team = (tmp_path / "out" / "team-001.html").read_text("utf-8")
    assert "uge for uge" not in team
    assert "11 sager i alt" in team


def test_undated_cases_have_neither_ranks_nor_deadlines(tmp_path):
    """As a site that delivers a period in place of dates."""
    scores = write_run(tmp_path / "run", fitted_model(), n=6, teams=("all",))
    days = dict.fromkeys(("start_date", "decision_date", "data_date"), pd.NaT)
    scores.assign(rank=pd.array([pd.NA] * 6, dtype="Int64"), **days).to_parquet(
        tmp_path / "run" / "scores.parquet"
    )
    report(tmp_path / "run", tmp_path / "out")
    text = (tmp_path / "out" / "cases" / "000001.html").read_text("utf-8")
    for said in (
        "Ingen frister gælder for sagen",
        "alle teams",
        "Data pr. ikke oplyst",
    ):
        assert said in text
    assert "er nr. 1 af" not in text


def test_a_run_without_a_scored_case_still_reports(tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=3)
    scores.iloc[:0].to_parquet(tmp_path / "run" / "scores.parquet")
    reasons = tmp_path / "run" / "reasons.parquet"
    pd.read_parquet(reasons).iloc[:0].to_parquet(reasons)
    pages = report(tmp_path / "run", tmp_path / "out")
    assert pages.cases == 0
    assert "Ingen." in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_another_versions_scores_are_refused(tmp_path):
    write_run(tmp_path / "run", fitted_model(), n=5)
    with pytest.raises(ModelError, match="scored by model version"):
        report(tmp_path / "run", tmp_path / "out", fitted_model(kind="lightgbm"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["scores.parquet", "reasons.parquet", "summary.json"])
def test_a_missing_file_stops_the_run_with_a_remedy(tmp_path, name):
    write_run(tmp_path / "run", fitted_model(), n=5)
    (tmp_path / "run" / name).unlink()
    with pytest.raises(FileError, match=name):
        report(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_scored_case_without_reasons_is_refused(tmp_path):
    write_run(tmp_path / "run", fitted_model(), n=5)
    reasons = pd.read_parquet(tmp_path / "run" / "reasons.parquet")
    reasons[reasons["case_id"] != "400003"].to_parquet(
        tmp_path / "run" / "reasons.parquet"
    )
    with pytest.raises(FileError, match=r"reasons\.parquet: .*\b1\b"):
        report(tmp_path / "run", tmp_path / "out")


def test_the_same_run_gives_the_same_bytes(site, tmp_path):
    out, _ = site
    write_run(tmp_path / "run", fitted_model())
    report(tmp_path / "run", tmp_path / "again")
    for path in out.rglob("*.html"):
        again = tmp_path / "again" / path.relative_to(out)
        assert again.read_bytes() == path.read_bytes()


def test_the_page_shows_the_scores_own_reasons(site):
    """Every reason's words on the page are those of the case's features."""
    out, _ = site
    model = fitted_model()
    features = drawn_features(model.spec, n=90, seed=7)
    long = build_reasons(model, features, model.score(features)).long()
    text = (out / "cases" / "000001.html").read_text("utf-8")
    case = re.search(r"<h1[^>]*>Sag (\d+)</h1>", text)[1]
    own = long[(long["case_id"] == case) & ~long["inapplicable"]]
    strongest = own[~own["missing"]].nlargest(1, "points")["points"].item()
    # Figures are rounded to a common total, so one may be the next point.
    points = (math.floor(100 * strongest), math.ceil(100 * strongest))
    assert any(f'class="num">+{n}</td>' in text for n in points)
    assert text.count('<tr><th scope="row">') >= len(own)


def test_whom_two_targets_score_has_one_page_and_one_line(tmp_path):
    """Each question stands in turn; who is routed by one is still on the line."""
    targets = {
        name: fitted_model(name) for name in ("long_absence", "long_unemployment")
    }
    for name, model in targets.items():
        write_run(tmp_path / "run" / name, model, n=12)
    pages = write_reports_by_target(
        tmp_path / "run", targets, language="da", out=tmp_path / "out", as_of=AS_OF
    )
    assert pages.cases == 12
    for path in (tmp_path / "out" / "cases").iterdir():
        text = path.read_text("utf-8")
        asked = re.findall('<h2 class="asked" id="asked[0-9]">(.*?)</h2>', text)
        assert asked == [model.spec.title.da for model in targets.values()]
        assert text.count('<p class="says">') == 2
        assert text.count("Vurderingen er din.") == 1
    rows = (tmp_path / "out" / "worklist.html").read_text("utf-8")
    cases = re.findall("<tr data-k=.*?</tr>", rows)
    assert len(cases) == len({re.search(">([0-9]{6})<", row)[1] for row in cases}) == 22
    scored = [row for row in cases if "cases/" in row]
    assert all(row.count('class="tenths') == 2 for row in scored)
    for name in targets:
        assert (tmp_path / "out" / name / "index.html").is_file()
        assert f'href="{name}/index.html"' in pages.index.read_text("utf-8")
    for path in (tmp_path / "out").rglob("*.html"):
        for address in Links(path).addresses:
            file = address.partition("#")[0]
            assert not file or (path.parent / file).resolve().is_file(), address


def test_a_browser_opens_a_page_from_its_folder(site, browser):
    out, _ = site
    page = out / "cases" / "000001.html"
    found = browser(page, "--dump-dom")
    assert ">Sag " in found
    assert len(re.findall('<path class="(?:on|off)"', found)) == 20
    assert "</footer>" in found


def test_a_browser_prints_a_case_on_one_a4_page(site, browser, tmp_path):
    out, _ = site
    page = out / "cases" / "000066.html"
    pdf = tmp_path / "case.pdf"
    browser(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    printed = pdf.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", printed)


def test_a_sites_own_deadlines_stand_on_its_pages_in_place_of_the_shipped(tmp_path):
    write_run(tmp_path / "run", fitted_model(), n=2)
    (tmp_path / "deadlines.csv").write_text(
        "name,clock,count,unit,da,en,source,mark,checked_on\n"
        "first_follow_up_talk,decision,10,days,samtale på arbejdspladsen,talk,"
        "lokal retningslinje,confirmed,2025-01-06\n",
        "utf-8",
    )
    report(tmp_path / "run", tmp_path / "out", rules=read_site_rules(tmp_path))
    for path in (tmp_path / "out" / "cases").glob("*.html"):
        text = path.read_text("utf-8")
        assert "Samtale på arbejdspladsen" in text
        assert "ørste opfølgningssamtale" not in text


def write_facts(run, scores, **more):
    """The facts of an employed citizen of 45 for each case, and no benefit yet."""
    facts = pd.DataFrame({"case_id": scores["case_id"]}).assign(
        employed_at_intake=1.0,
        age_at_intake=45,
        state="selvforsoergelse",
        known_until=pd.Timestamp("2025-01-21"),
        **more,
    )
    facts.to_parquet(run / "facts.parquet")
    build_empty_benefits().to_parquet(run / "benefits.parquet")


AGREED = {"social_chapter_months": 14.0, "social_chapter_agreement": 1.0}


def test_a_case_with_facts_and_a_condition_prints_on_one_a4_page(browser, tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=3)
    write_facts(tmp_path / "run", scores, **AGREED)
    report(tmp_path / "run", tmp_path / "out", reforms=())
    page = tmp_path / "out" / "cases" / "000001.html"
    text = page.read_text("utf-8")
    assert DANISH["case"]["conditions"] in text
    assert ">opfyldt</span>" in text
    assert DANISH["case"]["facts"] in text
    pdf = tmp_path / "case.pdf"
    browser(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1


def test_a_case_with_all_there_is_to_say_still_prints_on_one_a4_page(browser, tmp_path):
    """An interval, all that a history may lack, two efforts and a changed rule."""
    scores = write_run(tmp_path / "run", fitted_model(), n=3)
    scores.assign(
        interval_low=0.11,
        interval_high=0.69,
        history_ends=True,
        unknown_codes=True,
    ).to_parquet(tmp_path / "run" / "scores.parquet")
    given = [(c, "Fønix", "2024-10-07", "2024-12-20", "A") for c in scores["case_id"]]
    agreed = [(c, "mentor", "2025-02-03", "", "") for c in scores["case_id"]]
    efforts = helped(tmp_path / "site", *given, *agreed)
    write_facts(tmp_path / "run", scores)
    changed = Reform(date(2025, 1, 2), "first_follow_up_talk", "ny regel", "loven")
    report(tmp_path / "run", tmp_path / "out", efforts=efforts, reforms=(changed,))
    page = tmp_path / "out" / "cases" / "000001.html"
    text = page.read_text("utf-8")
    assert "mentor begynder 3. februar 2025</li>" in text
    assert DANISH["outcome"]["long"]["may_be"].partition("{")[0] in text
    assert DANISH["case"]["rule_changed"].format(day="2. januar 2025") in text
    assert "tidligst 31. " in text or "tidligst 30. " in text
    assert "slutter, før den burde" in text
    assert "kodetabellen ikke kender" in text
    pdf = tmp_path / "case.pdf"
    browser(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1


def test_what_rules_changed_is_told_below_the_tables_whichever_of_them_is_marked(
    tmp_path,
):
    model = fitted_model()
    names = ("company_course_start", "retention_flex_job_condition")
    spec = model.spec.model_copy(update={"deadlines": names})
    model = replace(model, spec=spec)
    write_facts(tmp_path / "run", write_run(tmp_path / "run", model, n=2), **AGREED)
    changed = [Reform(date(2024, 3, 2), name, "ny regel", "loven") for name in names]
    report(
        tmp_path / "run",
        tmp_path / "out",
        model=model,
        reforms=tuple(changed),
    )
    for path in (tmp_path / "out" / "cases").glob("*.html"):
        text = path.read_text("utf-8")
        assert DANISH["case"]["no_deadlines"] in text
        assert text.count("&nbsp;*<") == 2
        (note,) = re.findall(r'<p class="note small changes">(\* .*)</p>', text)
        assert note.startswith("* Reglen blev ændret 2. marts 2024.")
        assert text.index(note) > text.rindex('<table class="dates')


def test_scores_of_an_earlier_release_are_reported_without_what_they_lack(tmp_path):
    """They have neither abstention nor the weeks on codes not confirmed."""
    scores = write_run(tmp_path / "run", fitted_model(), n=4)
    assert not {"abstained", "weeks_on_unverified_codes"} & set(scores.columns)
    pages = report(tmp_path / "run", tmp_path / "out")
    assert pages.cases == 4
    for path in (tmp_path / "out" / "cases").glob("*.html"):
        text = path.read_text("utf-8")
        assert DANISH["case"]["history_until"].format(weeks="2 uger") in text


@pytest.mark.parametrize("language", ["da", "en"])
def test_one_place_one_case_and_one_week_are_said_in_the_singular(tmp_path, language):
    model = fitted_model()
    narrow = replace(model, policy=replace(model.policy, places=Places("site", 1.0)))
    scores = write_run(tmp_path / "run", narrow, n=2, weeks=1)
    scores.assign(weeks_on_unverified_codes=1).to_parquet(
        tmp_path / "run" / "scores.parquet"
    )
    counts = {"cases": 1, "scored": 1, "routed": 0, "set_aside": 0}
    weeks = {"read": 1, "on_unverified_codes": 1}
    summary = json.dumps({"counts": counts, "weeks_of_history": weeks})
    (tmp_path / "run" / "summary.json").write_text(summary)
    report(tmp_path / "run", tmp_path / "out", narrow, language)
    every = [" ".join(Links(p).text) for p in (tmp_path / "out").rglob("*.html")]
    wrong = r"\b1 (pladser|uger|sager|places|weeks|cases)\b|\) \("
    assert not [re.search(wrong, text)[0] for text in every if re.search(wrong, text)]
    place = {"da": "forslag, 1 plads", "en": "proposals, 1 place"}[language]
    assert sum(place in text for text in every) > 2


def test_a_browser_runs_nothing_that_a_hostile_name_holds(browser, tmp_path):
    """The name would write a mark into the page if any of it were run."""
    mark = (
        "<img src=x onerror=document.title='ran'><script>document.title='ran'</script>"
    )
    write_run(tmp_path / "run", fitted_model(), n=2, teams=(mark,))
    report(tmp_path / "run", tmp_path / "out")
    found = browser(tmp_path / "out" / "team-001.html", "--dump-dom")
    assert "<title>ran</title>" not in found
    assert "&lt;script&gt;" in found


def test_pages_cost_milliseconds(tmp_path):
    """Processor time, against busy neighbours: 7 ms a page, 20 where traced."""
    write_run(tmp_path / "run", fitted_model(), n=300, weeks=4)
    started = time.process_time()
    pages = report(tmp_path / "run", tmp_path / "out")
    assert pages.cases == 300
    assert (time.process_time() - started) / pages.count < 0.05


def test_a_score_that_is_not_shown_is_listed_apart_and_counted(tmp_path):
    model = fitted_model()
    scores = write_run(tmp_path / "run", model, n=40)
    feature = next(iter(model.spec.features()))
    held = scores.index[:3]
    scores["abstained"] = scores.index.isin(held)
    scores["abstained_rule"] = np.where(scores["abstained"], f"outside:{feature}", None)
    scores["rank"] = rank_in_team_and_week(scores)
    scores.to_parquet(tmp_path / "run" / "scores.parquet")
    pages = write_reports(
        tmp_path / "run", model, language="da", out=tmp_path / "out", as_of=None
    )
    assert pages.cases == 37
    overview = (tmp_path / "out" / "index.html").read_text()
    assert "abstained.html" in overview
    assert DANISH["overview"]["adds_up"] in overview
    apart = (tmp_path / "out" / "abstained.html").read_text()
    lists = "".join(p.read_text() for p in (tmp_path / "out").glob("team-*.html"))
    for case_id in scores["case_id"][held]:
        assert case_id in apart
        assert f"<b>{case_id}</b>" in lists
    assert lists.count("Tallet vises ikke, fordi") == 3
    for case_id in scores["case_id"][held]:
        assert f">{case_id}</a>" not in lists


def with_summary(folder, **more):
    path = folder / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | more), encoding="utf-8")


def test_who_is_proposed_and_waits_stands_on_top_of_the_team_s_list(tmp_path):
    scores = write_run(
        tmp_path / "run", fitted_model(), n=60, teams=("Nord",), weeks=3, seed=8
    )
    with_summary(tmp_path / "run", carry_weeks=1)
    report(tmp_path / "run", tmp_path / "out")
    text = "".join(Links(tmp_path / "out" / "team-001.html").text)
    week = scores["decision_date"].dt.isocalendar()["week"]
    waiting = int((scores["proposed"] & (week == week.max() - 1)).sum())
    assert waiting > 1
    said = f"Team Nord: foreslået i de seneste uger ({waiting})"
    assert text.index(said) < text.index("foreslås til tidlig indsats (")
    assert week[scores["proposed"]].nunique() == 3
    assert f"{waiting} forslag, 2 pladser" in text
    assert "registreret" not in text  # nobody says who has an effort
    assert DANISH["worklist"]["groups"]["waiting"]["note_unknown"] in text
    assert len(list((tmp_path / "out" / "cases").iterdir())) == 60


def helped(folder, *rows):
    """The efforts of a site: rows of (case, kind, start, end, place)."""
    folder.mkdir()
    (folder / "site.toml").write_text("extract_date = 2025-01-20\n")
    columns = ["case_id", "kind", "start_date", "end_date", "place"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "efforts.csv", index=False)
    return read_efforts(read_site(folder))


def test_who_is_helped_no_longer_waits_on_top_and_the_page_shows_what_is_under_way(
    tmp_path,
):
    scores = write_run(
        tmp_path / "run", fitted_model(), n=60, teams=("Nord",), weeks=3, seed=8
    )
    with_summary(tmp_path / "run", carry_weeks=1)
    week = scores["decision_date"].dt.isocalendar()["week"]
    waits = scores[scores["proposed"] & (week == week.max() - 1)]["case_id"].tolist()
    row = (waits[0], "Fønix <b>", "2025-01-13", "", "Kanalen")
    efforts = helped(tmp_path / "site", row, ("another", "x", "2025-01-13", "", ""))
    report(tmp_path / "run", tmp_path / "out", efforts=efforts)
    team = (tmp_path / "out" / "team-001.html").read_text("utf-8")
    waiting = DANISH["worklist"]["groups"]["waiting"]
    top = team.split(waiting["title"])[-1].split("</tbody>")[0]
    assert waiting["note"] in top
    assert [case in top for case in waits] == [False, *[True] * (len(waits) - 1)]
    assert waiting["note_unknown"] not in team
    since = DANISH["case"]["effort_from"].format(start="13. januar 2025")
    given = f"{html.escape('Fønix <b>')}, Kanalen {since}"
    assert given in team
    pages = [p.read_text("utf-8") for p in (tmp_path / "out/cases").iterdir()]
    own = [text for text in pages if f">Sag {waits[0]}</h1>" in text]
    assert f"{given}</li>" in own[0]
    nothing = DANISH["case"]["under_way"].format(words=DANISH["case"]["nothing_yet"])
    others = [text for text in pages if nothing in text]
    assert len(others) == 59


def test_without_a_table_of_efforts_no_page_speaks_of_them(site):
    out, _ = site
    for page in out.glob("cases/*.html"):
        assert DANISH["case"]["nothing_yet"] not in page.read_text("utf-8")


@pytest.mark.parametrize(
    "bare",
    [Policy(base_risk=0.28), Policy(base_risk=0.28, places=Places("site", 2.0))],
    ids=["no places", "places, and no dates to set a threshold by"],
)
def test_without_a_threshold_every_page_says_that_nobody_is_proposed(tmp_path, bare):
    model = replace(fitted_model(), policy=bare)
    write_run(tmp_path / "run", model, n=8)
    report(tmp_path / "run", tmp_path / "out", model)
    said = "Der er ikke sat en grænse efter kommunens pladser, så ingen foreslås"
    pages = ["index.html", "team-001.html", "cases/000001.html"]
    for name in pages:
        assert said in (tmp_path / "out" / name).read_text("utf-8")
    team = (tmp_path / "out" / pages[1]).read_text("utf-8")
    assert 'data-k="proposed"' not in team
    assert_no_line_is_named(team)


@pytest.mark.parametrize("both", [True, False], ids=["both targets", "one of two"])
def test_a_list_says_once_why_nobody_is_proposed_or_for_which_target(tmp_path, both):
    models = {t: fitted_model(t) for t in ("long_absence", "long_unemployment")}
    for name, model in models.items():
        if both or name == "long_absence":
            models[name] = replace(model, policy=Policy(base_risk=0.28))
        write_run(tmp_path / "run" / name, models[name], n=12)
    write_reports_by_target(
        tmp_path / "run", models, language="da", out=tmp_path / "out", as_of=AS_OF
    )
    text = (tmp_path / "out" / "worklist.html").read_text("utf-8")
    why = DANISH["case"]["no_threshold"]
    assert text.count(why) == 1
    assert (f"{models['long_absence'].spec.title.da}: {why}" in text) is not both


def assert_no_line_is_named(text):
    """The cases of nobody's list stand neither above a line nor below it."""
    notes = DANISH["worklist"]["groups"]["not_proposed"]
    assert notes["note_without_line"] in text
    assert notes["note"] not in text


def test_a_team_that_the_places_do_not_name_has_its_line_all_the_same(tmp_path):
    model = fitted_model()
    named = replace(model.policy, places=Places("team", {"Syd": 2.0}))
    model = replace(model, policy=named)
    scores = write_run(tmp_path / "run", model, n=60, weeks=1)
    report(tmp_path / "run", tmp_path / "out", model)
    n = scores.loc[scores["proposed"], "team"].value_counts()
    lines = [f"{n['Nord']} forslag", f"{n['Syd']} forslag, 2 pladser"]
    for team, said in zip(("001", "002"), lines, strict=True):
        page = (tmp_path / "out" / f"team-{team}.html").read_text("utf-8")
        assert re.findall(r"<li>Uge \d+, 2025: (.*?)</li>", page) == [said]


def test_a_case_whose_citizen_is_proposed_in_a_later_one_says_which(tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=60, teams=("Nord",), weeks=1)
    first, later = scores.loc[scores["proposed"], "case_id"].iloc[:2]
    named = scores["later_proposal"].mask(scores["case_id"] == first, later)
    scores.assign(later_proposal=named.astype("str")).to_parquet(
        tmp_path / "run" / "scores.parquet"
    )
    report(tmp_path / "run", tmp_path / "out")
    pages = [p.read_text("utf-8") for p in (tmp_path / "out" / "cases").iterdir()]
    said = f"Borgeren er foreslået i en nyere sag: {later}."
    (page,) = [text for text in pages if said in text]
    assert f"Sag {first}" in page
    assert f"<strong>{said}</strong>" in page
    team = (tmp_path / "out" / "team-001.html").read_text("utf-8")
    assert team.count("Foreslået i en nyere sag") == 1
    for text in pages:  # the number on the page is the number on the list
        case = re.search(r"<h1[^>]*>Sag (\w+)</h1>", text)[1]
        row = re.search(rf">{case}</a>.*?[Nn]r. (\d+) i uge", team)
        assert f"Sagen er nr. {row[1]} af 60 i uge" in text
    assert f"{scores['proposed'].sum() - 1} forslag, 2 pladser" in team
    index = (tmp_path / "out" / "index.html").read_text("utf-8")
    (of_team,) = re.findall(r"Team Nord.*</th>(.*)</tr>", index)
    n = scores["band"].value_counts()
    assert re.findall(r">(\d+)<", of_team) == [
        str(count) for count in (60, n["first"] - 1, n["raised"] + 1, n["usual"])
    ]


def test_of_undated_cases_none_is_said_to_be_the_later_one(tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=60, teams=("all",))
    first, other = scores.loc[scores["proposed"], "case_id"].iloc[:2]
    named = scores["later_proposal"].mask(scores["case_id"] == first, other)
    days = dict.fromkeys(("start_date", "decision_date", "data_date"), pd.NaT)
    scores.assign(
        later_proposal=named.astype("str"),
        rank=pd.array([pd.NA] * 60, dtype="Int64"),
        **days,
    ).to_parquet(tmp_path / "run" / "scores.parquet")
    report(tmp_path / "run", tmp_path / "out")
    pages = [p.read_text("utf-8") for p in (tmp_path / "out" / "cases").iterdir()]
    said = DANISH["case"]["other_proposal"]
    (page,) = [text for text in pages if said.partition("{")[0] in text]
    assert said.format(case=other) in page
    assert "nyere sag" not in page


def test_the_overview_says_what_unknown_codes_weigh(tmp_path):
    write_run(tmp_path / "run", fitted_model())
    said = DANISH["overview"]["unknown_note"]
    report(tmp_path / "run", tmp_path / "none")
    assert said not in (tmp_path / "none" / "index.html").read_text("utf-8")
    with_summary(
        tmp_path / "run", unknown_share=0.08, counts={"cases": 90, "unknown_codes": 7}
    )
    report(tmp_path / "run", tmp_path / "some")
    page = (tmp_path / "some" / "index.html").read_text("utf-8")
    text = page.replace("\N{NO-BREAK SPACE}", " ")
    assert said in text
    assert "8,0 % af de nyeste 13 uger" in text
    assert "historikken i 7 sager" in text


def test_the_overview_warns_of_labels_that_will_soon_be_too_old(tmp_path):
    age = {"newest": "2023-09-30", "proposes_until": "2025-03-30", "outdated": False}
    write_run(tmp_path / "run", fitted_model(), n=5)
    for warned in (False, True):
        with_summary(tmp_path / "run", label_age={**age, "warned": warned})
        report(tmp_path / "run", tmp_path / str(warned))
        page = (tmp_path / str(warned) / "index.html").read_text("utf-8")
        assert ("Efter 30. marts 2025 foreslås ingen" in page) == warned
        assert ("er fra 30. september 2023" in page) == warned


def test_every_page_says_that_labels_too_old_propose_nobody(tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=5)
    bands = scores["band"].replace("first", "raised")
    outdated = {"proposed": False, "threshold": np.nan, "labels_too_old": True}
    scores.assign(band=bands, **outdated).to_parquet(tmp_path / "run/scores.parquet")
    age = {"newest": "2023-06-30", "proposes_until": "2024-12-30", "warned": False}
    with_summary(tmp_path / "run", label_age={**age, "outdated": True})
    report(tmp_path / "run", tmp_path / "out")
    said = DANISH["case"]["labels_too_old"]
    for name in ("team-001.html", "cases/000001.html"):
        text = (tmp_path / "out" / name).read_text("utf-8")
        assert said in text
        assert DANISH["case"]["no_threshold"] not in text
    assert_no_line_is_named((tmp_path / "out" / "team-001.html").read_text("utf-8"))
    overview = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "30. december 2024" in overview


def test_the_overview_says_where_the_site_has_stated_other_places_since(tmp_path):
    write_run(tmp_path / "run", fitted_model(), n=5)
    report(tmp_path / "run", tmp_path / "before")
    with_summary(tmp_path / "run", thresholds_rest_on_other_places=True)
    report(tmp_path / "run", tmp_path / "after")
    said = "har siden angivet andre pladser"
    assert said not in (tmp_path / "before" / "index.html").read_text("utf-8")
    assert said in (tmp_path / "after" / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ({}, None),
        ({"ici": "pass", "auc_at_least": "pass"}, "alle 2 krav er opfyldt"),
        (
            {"ici": "too few", "not_worse_than_rule": "too few", "auc_at_most": "pass"},
            "1 af 3 krav er opfyldt. Der er for få sager til at afgøre: om risikoen "
            "passer hele vejen fra lav til høj, om den er mindst lige så god som "
            "enklere regler.",
        ),
        (
            {"not_worse_than_approved": "too few", "auc_at_most": "pass"},
            "godkendt som pilot: 1 af 2 krav er opfyldt. Der er for få sager til at "
            "afgøre: om den er mindst lige så god som den model, der var godkendt før.",
        ),
    ],
)
def test_the_overview_says_what_the_models_approval_left_open(tmp_path, verdicts, said):
    write_run(tmp_path / "run", fitted_model(), n=3)
    model = replace(fitted_model(), verdicts=verdicts)
    report(tmp_path / "run", tmp_path / "out", model)
    text = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert ("Kontrol af modellen" in text) == (said is not None)
    assert said is None or said in text
