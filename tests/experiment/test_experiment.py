"""Nights of a site with an experiment: store, lists, and what stays as it was."""

import html
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from riskscreen.case_system import list_messages
from riskscreen.cli import experiment as commands
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.texts import DANISH
from riskscreen.experiment.night import draw_tonight
from riskscreen.experiment.plan import digest_plan, draw_number
from riskscreen.experiment.power import expect_from
from riskscreen.policy import Places, Policy, set_thresholds
from riskscreen.readers.site_toml import read_site_file
from riskscreen.store import open_store
from riskscreen.store.experiments import find_draws
from tests import small_site
from tests.approving import save_approved
from tests.experiment.plans import STATEMENTS
from tests.experiment.policies import ARRIVALS
from tests.nights import conftest

pytestmark = pytest.mark.slow

TARGET, OTHER = conftest.TARGETS
clock = conftest.clock
HOSTILE = 'Der trækkes lod <script>alert("x")</script>'
PLAN = {
    "target": TARGET,
    "design": "lot",
    "seed": 3,
    "start_date": date(2024, 1, 1),
    "end_date": date(2025, 6, 30),
    "extra_per_week": 15.0,
} | STATEMENTS | {"information": HOSTILE}  # fmt: skip
FIXED = datetime(2023, 12, 30, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    places = Places("site", 18.0)
    policy = set_thresholds(ARRIVALS, places, base_risk=0.4)
    for name in conftest.TARGETS:
        model = small_site.model(spec=small_site.specification(name=name))
        save_approved(replace(model, policy=policy), folder / name)
    return folder


@pytest.fixture
def site(request, tmp_path):
    """A site of one target, or of those asked for: a night takes as long for each."""
    targets = getattr(request, "param", (TARGET,))
    folder = conftest.deliver(tmp_path / "site", targets=targets)
    small_site.deliver(tmp_path / "whole", 40)
    for name in targets:
        (folder / f"{name}.csv").write_bytes(
            (tmp_path / "whole/cases.csv").read_bytes()
        )
    past = (tmp_path / "whole/history.parquet").read_bytes()
    (folder / "history.parquet").write_bytes(past)
    help_given = "case_id;kind;start_date;end_date;place\n"
    (folder / "efforts.csv").write_text(help_given, "utf-8")
    return folder


@pytest.fixture
def url(site):
    return f"sqlite:///{site.parent / 'store.db'}"


@pytest.fixture
def night(command, site, models, clock, url):  # noqa: ARG001
    def run(out="nights", models_at=models):
        given = ("--site", site, "--model", models_at, "--out", site.parent / out)
        assert command("nightly", *given, "--store", url)[0] in (0, 3)
        return site.parent / out / "latest"

    return run


@pytest.fixture
def fix(command, site, url, monkeypatch):
    def run(at=FIXED):
        monkeypatch.setattr(commands, "read_clock", lambda: at)
        return command(
            "experiment", "fix", "--site", site, "--by", "x2", "--store", url
        )

    return run


def state(site, plan=PLAN):
    lines = [
        f"{key} = {value if isinstance(value, date) else json.dumps(value)}"
        for key, value in plan.items()
    ]
    before = (site / "site.toml").read_text("utf-8").partition("\n[experiment]")[0]
    text = "\n".join([before, "[experiment]", *lines])
    (site / "site.toml").write_text(text, "utf-8")
    return site


def read_draws(latest):
    return pd.read_csv(latest / "experiment/draws.csv").set_index("case_id")["drawn"]


def read_proposed(latest):
    scores = pd.read_parquet(latest / "scores" / TARGET / "scores.parquet")
    return scores.set_index("case_id")["proposed"]


def read_pages(latest):
    pages = (latest / "pages").rglob("*.html")
    return {page.name: page.read_text("utf-8") for page in pages}


@pytest.mark.parametrize("site", [(TARGET, OTHER)], indirect=True, ids=["two targets"])
def test_a_night_draws_beside_the_proposals_and_takes_nobodys_place(
    night, site, fix, url
):
    before = read_proposed(night("without"))
    assert not (site.parent / "without/latest/experiment").exists()
    state(site)
    assert fix()[0] == 0
    latest = night()
    proposed, drawn = read_proposed(latest), read_draws(latest)
    pd.testing.assert_series_equal(proposed, before)
    assert 0 < drawn.sum() < len(drawn)
    assert not proposed[drawn.index].any()
    assert proposed.sum() > 0
    plan = read_site_file(site).experiment
    assert dict(drawn) == {c: draw_number(plan, c) < 0.5 for c in drawn.index}
    told = json.loads((latest / "experiment/plan.json").read_text("utf-8"))
    assert told["sha256"] == digest_plan(plan)
    assert told["plan"]["target"] == TARGET
    assert "seed" not in told["plan"]
    kept = find_draws(open_store(url), digest_plan(plan))
    assert {of.case_id: of.drawn for of in kept} == dict(drawn)


def test_a_drawn_case_stands_below_the_proposed_and_its_page_has_the_citizens_text(
    night, site, fix
):
    state(site)
    fix()
    latest = night()
    pages, drawn = read_pages(latest), read_draws(latest)
    case = drawn.index[drawn][0]
    (page,) = (
        text for name, text in pages.items()
        if name[:6].isdigit() and f">Sag {case}<" in text
    )  # fmt: skip
    assert DANISH["case"]["is_drawn"] in page
    assert "<script>alert" not in page
    assert html.escape("<script>alert", quote=False) in page
    lists = "".join(text for name, text in pages.items() if name.startswith("team-"))
    drawn_words = DANISH["worklist"]["groups"]["drawn"]
    assert capitalise(drawn_words["title"]) in lists
    assert drawn_words["note"] in lists
    other = drawn.index[~drawn][0]
    (page,) = (
        text for name, text in pages.items()
        if name[:6].isdigit() and f">Sag {other}<" in text
    )  # fmt: skip
    assert "lodtrækning" not in page


def test_the_next_night_draws_the_same_and_a_changed_plan_draws_nobody(
    night, site, fix, clock
):
    state(site)
    fix()
    first = read_draws(night())
    clock[0] += timedelta(days=1)
    pd.testing.assert_series_equal(read_draws(night()), first)
    state(site, PLAN | {"seed": 4})
    clock[0] += timedelta(days=1)
    latest = night()
    assert not (latest / "experiment").exists()
    assert "lodtrækning" not in "".join(read_pages(latest).values())
    log = json.loads((latest / "run.json").read_text("utf-8"))
    (warning,) = log["warnings"]
    assert "[experiment]" in warning
    code, _, said = fix()
    assert code == 2
    assert "experiment stop" in said


def test_a_plan_that_nobody_fixed_draws_nobody(night, site):
    state(site)
    log = json.loads((night() / "run.json").read_text("utf-8"))
    assert "no plan is fixed" in log["warnings"][0]


def test_who_has_help_is_not_drawn(night, site, fix, clock):
    state(site)
    fix()
    drawn = read_draws(night())
    helped = drawn.index[drawn][0]
    row = f"{helped};talk;2024-12-01;2024-12-20;\n"
    path = site / "efforts.csv"
    path.write_text(path.read_text("utf-8") + row, "utf-8")
    # As if it were the first night: in another store, by the same plan.
    (site.parent / "store.db").unlink()
    clock[0] += timedelta(days=1)
    fix()
    again = read_draws(night("others"))
    assert set(drawn.index) - set(again.index) == {helped}
    pd.testing.assert_series_equal(again, drawn.drop(helped), check_dtype=False)


def test_a_citizen_with_two_cases_is_drawn_once(night, site, fix):
    state(site)
    fix()
    path = site / f"{TARGET}.csv"
    table = pd.read_csv(path, sep=None, engine="python", dtype="str")
    first = read_draws(night("before")).index[0]
    # Another case of the citizen, decided on the same day, and last by its number.
    again = table[table["case_id"] == first]
    days = pd.to_datetime(again["start_date"], dayfirst=True) + timedelta(days=1)
    again = again.assign(case_id="case-99999", start_date=days.dt.strftime("%d-%m-%Y"))
    (site.parent / "store.db").unlink()
    fix()
    pd.concat([table, again]).to_csv(path, index=False)
    draws = read_draws(night())
    assert "case-99999" in draws.index
    assert first not in draws.index


def test_the_outbox_has_a_message_of_who_was_drawn_and_of_no_other_in_the_lot(
    night, site, fix, url, clock
):
    state(site)
    fix()
    latest = night()
    drawn, proposed = read_draws(latest), read_proposed(latest)

    def list_open():
        told = list_messages(open_store(url))
        return {of.case_id for of in told if of.target == TARGET and not of.closed_at}

    scores = pd.read_parquet(latest / "scores" / TARGET / "scores.parquet")
    outcome = small_site.specification().outcome
    began = scores.set_index("case_id")[outcome.clock]
    passed = (
        began + timedelta(weeks=outcome.horizon_weeks) < conftest.NIGHT.isoformat()[:10]
    )
    assert passed.any()
    assert not passed[drawn.index].any()
    told = list_open()
    assert told == set(drawn.index[drawn]) | set(proposed.index[proposed & ~passed])
    clock[0] += timedelta(days=1)
    night()
    assert list_open() == told


def test_a_night_that_cannot_tell_who_has_help_draws_nobody_new(
    night, site, fix, clock
):
    state(site)
    fix()
    first = read_draws(night())
    (site / "efforts.csv").unlink()
    clock[0] += timedelta(days=1)
    latest = night()
    pd.testing.assert_series_equal(read_draws(latest), first)
    assert "Foreslås ved lodtrækning" in "".join(read_pages(latest).values())
    log = json.loads((latest / "run.json").read_text("utf-8"))
    assert "no efforts are delivered" in log["warnings"][0]


def test_a_rehearsal_says_that_it_draws_nobody_for_it_keeps_nothing(
    command, site, models, fix, url
):
    state(site)
    fix()
    given = ("--site", site, "--model", models, "--out", site.parent / "nights")
    code, _, said = command("nightly", *given, "--store", url, "--dry-run")
    assert code in (0, 3)
    plan = read_site_file(site).experiment
    none = draw_tonight(plan, None, object(), site, None, day=FIXED.date(), out=site)
    assert len(none.warning.split()) > 5
    assert none.warning in said
    assert find_draws(open_store(url), digest_plan(plan)) == []


def test_a_night_of_a_model_without_places_says_that_nobody_could_be_drawn(
    night, site, fix, tmp_path
):
    without = tmp_path / "without places"
    model = small_site.model(spec=small_site.specification(name=TARGET))
    save_approved(replace(model, policy=Policy(base_risk=0.4)), without / TARGET)
    state(site)
    fix()
    latest = night(models_at=without)
    assert len(read_draws(latest)) == 0
    log = json.loads((latest / "run.json").read_text("utf-8"))
    assert "no case has a threshold" in log["warnings"][0]


def test_scores_of_a_night_that_drew_are_reported_without_the_lot(
    command, night, site, fix, models
):
    state(site)
    fix()
    latest, out = night(), site.parent / "again"
    given = (latest / "scores", "--model", models, "--out", out)
    assert command("report", *given)[0] == 0
    assert "lodtrækning" not in "".join(
        p.read_text("utf-8") for p in out.rglob("*.html")
    )


@pytest.mark.parametrize("how", ["end", "stop"])
def test_after_the_end_and_after_a_stop_nobody_is_newly_drawn(
    night, site, fix, command, url, how
):
    state(site, PLAN | {"end_date": date(2024, 12, 29)} if how == "end" else PLAN)
    fix()
    if how == "stop":
        why = ("--by", "lead", "--because", "rule 2", "--store", url)
        assert command("experiment", "stop", *why)[0] == 0
    assert len(read_draws(night())) == 0  # that of 30 December 2024


def test_a_plan_without_its_statements_is_refused_with_every_missing_key(
    command, site, url
):
    lacking = ("legal_basis", "approved_by", "impact_assessment", "information")
    lacking += ("responsible_role", "end_date", "stopping_rule")
    state(site, {key: value for key, value in PLAN.items() if key not in lacking})
    code, _, said = command(
        "experiment", "fix", "--site", site, "--by", "x2", "--store", url
    )
    assert code == 12
    for key in lacking:
        assert f"experiment.{key}: missing" in said
    assert said.count(": missing") == len(lacking)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"legal_basis": " "}, "experiment.legal_basis: empty"),
        ({"responsible_role": "010190-1234"}, "holds a person number"),
        ({"end_date": date(2023, 1, 1)}, "end_date is not after start_date"),
        ({"design": "steps"}, "teams are of design"),
        ({"design": "steps", "teams": [*"ABCD"]}, "steps need 5 teams"),
        ({"design": "steps", "teams": [*"ABCDEFGHIJKLMNOPQRST"]}, "last team begins"),
        ({"sead": 3}, "did you mean 'seed'"),
    ],
)
def test_a_plan_that_cannot_be_held_is_refused(command, site, url, change, words):
    state(site, PLAN | change)
    code, _, said = command(
        "experiment", "fix", "--site", site, "--by", "x2", "--store", url
    )
    assert code == 12
    assert words in said


def test_a_plan_is_fixed_before_its_first_night_and_once(site, fix, command, url):
    state(site)
    # In Denmark it is 2 January by then.
    code, _, said = fix(datetime(2024, 1, 1, 23, 30, tzinfo=UTC))
    assert code == 2
    assert "start_date of [experiment] has passed" in said
    assert "is fixed" in fix()[1]
    assert "was fixed before" in fix()[1]
    assert command("audit", "verify", "--store", url)[0] == 0


def test_the_plan_says_whom_it_can_draw_and_with_what_power(command, site, models):
    state(site)
    given = ("--site", site, "--model", models / TARGET)
    code, said, _ = command("experiment", "plan", *given)
    assert code == 0
    policy = set_thresholds(ARRIVALS, Places("site", 18.0), base_risk=0.4)
    found = expect_from(read_site_file(site).experiment, policy)
    assert f"{found.cases_per_week:.1f} " in said
    assert f" {found.power:.0%}" in said
