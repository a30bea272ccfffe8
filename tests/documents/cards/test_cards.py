import json
import re
from functools import cache
from html import unescape

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards import (
    flat_metrics,
    metrics_by_year,
    render_card_files,
    training_record,
)
from riskscreen.documents.cards.benefit import net_benefit
from riskscreen.documents.cards.blindness import blindness as blindness_section
from riskscreen.documents.cards.blocks import Paragraph, Table
from riskscreen.documents.cards.groups import groups
from riskscreen.documents.cards.plots import write_plots
from riskscreen.training import Dataset, evaluate_model, train
from riskscreen.training.studies.ablation import ablate_columns
from tests.made_up import drawn, specification, values_of

pytestmark = pytest.mark.slow

N = 1600
MARK = 91.73264


@cache
def trained():
    """One made-up training of dated cases, with an audit table and a small group."""
    spec = specification(
        split={"test_weeks": 26},
        capacity={"per_week": 3, "assumed": True, "source": "prøve"},
        estimator={"candidates": ["logistic"]},
        gates={
            "column_contribution_share_at_most": 0.95,
            "evaluated_by": ["municipality"],
        },
        audit={"held_by_site": {"label": {"da": "gruppe", "en": "group"}}},
    )
    features, log_odds = values_of(N)
    features.loc[7, "distance"] = MARK
    decided = pd.Timestamp("2020-01-06") + pd.to_timedelta(np.arange(N), unit="D")
    cases = pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(N)],
            "person_id": [f"p{i}" for i in range(N)],
            "start_date": decided,
            "decision_date": decided,
            "municipality": np.where(np.arange(N) % 2, "north", "south"),
            "team": "one",
        }
    )
    outcomes = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "outcome": np.where(drawn(log_odds), "long", "not long"),
            "known_on": decided + pd.Timedelta(weeks=26),
        }
    )
    group = np.where(np.arange(N) >= N - 3, "tiny group", "large group")
    prepared = Dataset(
        spec=spec,
        cases=cases,
        features=features,
        outcomes=outcomes,
        audit=pd.DataFrame({"held_by_site": group}),
        attrition=pd.DataFrame(
            [("delivered", 0, N, "rows"), ("odd", 3, N - 3, "three rows")],
            columns=["step", "left", "n", "why"],
        ),
        flips=pd.DataFrame(
            {
                "shift_weeks": [-4, 4],
                "long_to_not_long": [90, 11],
                "not_long_to_long": [10, 80],
                "share": [0.0625, 0.057],
            }
        ),
        notes=("cases.csv: 3 rows set aside (odd)",),
        fingerprints={"cases": "ab" * 32},
        made_up=True,
    )
    result = train(prepared)
    record = training_record(prepared, result, evaluate_model(result, prepared))
    seen = [one.to_dict() for one in ablate_columns(prepared, result)]
    return prepared, record | {"blind": json.loads(json.dumps(seen))}


def _tables(section):
    return [block for block in section.blocks if isinstance(block, Table)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    prepared, record = trained()
    folder = tmp_path_factory.mktemp("card")
    drawings = {p.name: p.read_text("utf-8") for p in write_plots(record, folder)}
    (folder / "made_up").mkdir()
    for name, text in render_card_files(prepared.spec, record, drawings).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def test_the_record_can_be_written_as_json_and_holds_no_row():
    _, record = trained()
    text = json.dumps(record)
    assert str(MARK) not in text
    assert not re.search(r"\b[cp]1[0-9]{2,3}\b", text), "a case or person is named"


def test_counts_below_five_are_not_told():
    _, record = trained()
    assert [(row["left"], row["n"]) for row in record["attrition"]] == [
        (0, N),
        (None, None),
    ]
    tiny = [g for g in record["fairness"]["groups"] if g["values"] == ["tiny group"]]
    assert [g["n"] for g in tiny] == [None]


def test_the_card_says_first_that_its_figures_are_made_up(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert text.index("made-up municipality") < text.index("AUC")
    assert "opdigtet kommune" in text


def test_the_card_shows_the_figures_of_the_record_with_their_intervals(written):
    _, record = trained()
    text = (written / "made_up.md").read_text("utf-8")
    for name in ("auc", "brier", "calibration_slope", "ici"):
        found = next(f for f in record["evaluation"]["figures"] if f["name"] == name)
        shown = f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
        assert shown in text


def test_every_item_of_the_checklists_is_answered_or_open(written):
    text = (written / "made_up.md").read_text("utf-8")
    tripod, annex = text.split("## TRIPOD+AI")[1].split("## EU AI Act")
    assert len(re.findall(r"^\| \d+ \| [^|]+ \| [^|]+ \|$", tripod, re.M)) == 27
    annex = annex.split("\n## ")[0]
    assert len(re.findall(r"^\| \d+ \| [^|]+ \| [^|]+ \|$", annex, re.M)) == 9


def test_the_page_is_the_same_card_and_needs_nothing_from_outside(written):
    page = (written / "made_up.html").read_text("utf-8")
    text = (written / "made_up.md").read_text("utf-8")
    assert re.findall("<h2>(.*?)</h2>", page) == re.findall("^## (.*)$", text, re.M)
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert page.count("<img") == text.count("![") == 6


def test_the_page_shows_every_cell_and_sentence_of_the_card(written):
    """Label honesty, net benefit, gates, checklists: nothing is in one twin alone."""
    page = unescape(re.sub("<[^>]+>", "\n", (written / "made_up.html").read_text()))
    shown = {line.strip() for line in page.splitlines()}
    for line in (written / "made_up.md").read_text("utf-8").splitlines():
        if line.startswith(("| ---", "![")):
            continue
        in_table = line.startswith("|")
        cells = line.strip("|").split(" | ") if in_table else [line.lstrip("#>- ")]
        for cell in cells:
            told = cell.strip(" *").replace("\\|", "|")
            assert told in shown or told == "", told


def test_the_card_says_what_flips_when_ends_move(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert "| -4 weeks | 90 | 10 | 6.2% |" in text
    assert "var hvert forløb sluttet 4 uger senere, var 5,7 %" in text


def test_the_card_names_the_command_that_made_its_figures(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert "`riskscreen train made_up --site SITE --out OUT`" in text


def test_what_was_told_while_reading_stands_on_the_card(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert "- cases.csv: 3 rows set aside (odd)" in text


def test_net_benefit_is_told_against_everybody_nobody_and_each_rule():
    _, record = trained()
    table = next(b for b in net_benefit(record) if isinstance(b, Table))
    first = [row[0] for row in table.rows]
    everybody, nobody = "less flagging everybody", "less flagging nobody"
    assert first[:3] == ["the model itself", everybody, nobody]
    assert {"less x", "less the base rate for everybody"} <= set(first)
    assert table.rows[0][1] == table.rows[2][1]


@pytest.mark.parametrize(("more", "too_many"), [(1, True), (-1, False)])
def test_a_rule_that_waits_is_beyond_the_places_only_where_it_flags_more(
    more, too_many
):
    _, record = trained()
    found = record["evaluation"]["capacity"]["figures"]
    waiting = [
        f | {"value": f["value"] + more if f["name"] == "flagged" else f["value"]}
        for f in found
    ]
    rule = {
        "label": "eight weeks",
        "after_weeks": 8,
        "at_intake": {"figures": found},
        "waiting": {"figures": waiting},
        "weeks_later": 3.0,
        "advantage": [],
        "why": "",
    }
    told = net_benefit({**record, "deferred_rules": [rule]})[-1].words
    assert ("that is more than there are places for" in told) is too_many
    assert "; help comes 3 weeks later. By then" in told


def test_the_danish_summary_is_read_in_two_minutes(written):
    text = (written / "made_up.md").read_text("utf-8")
    summary = text.split("## Resumé på dansk")[1].split("\n## ")[0]
    assert 120 < len(summary.split()) < 300
    page = (written / "made_up.html").read_text("utf-8")
    assert '<section lang="da">\n<h2>Resumé på dansk' in page
    assert "krav" in summary


def test_what_leaving_a_column_out_does_is_told_group_by_group():
    _, record = trained()
    told = blindness_section({**record, "validation": {"leaving_out": record["blind"]}})
    rows = [row for table in _tables(told) for row in table.rows]
    assert {"north", "south", "large group", "tiny group"} == {row[0] for row in rows}
    tiny = next(row for row in rows if row[0] == "tiny group")
    assert set(tiny[1:]) == {"hidden"}
    not_made = blindness_section(record).blocks
    assert isinstance(not_made[0], Paragraph)
    assert "--validate" in not_made[0].words


def test_pairs_that_stand_out_are_shown_and_counted():
    _, record = trained()
    section = groups(record, {})
    words = " ".join(b.words for b in section.blocks if isinstance(b, Paragraph))
    assert "Pairs of groups:" in words


def test_every_picture_named_by_the_card_stands_beside_it(written):
    text = (written / "made_up.md").read_text("utf-8")
    named = re.findall(r"\]\((made_up/[a-z_]+\.svg)\)", text)
    assert len(named) == 6
    assert all((written / name).is_file() for name in named)


def test_pictures_of_the_same_record_are_the_same_bytes(tmp_path):
    _, record = trained()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write_plots(record, tmp_path / "a")
    second = write_plots(record, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_mlflow_gets_the_figures_with_both_ends_of_their_interval():
    _, record = trained()
    metrics = flat_metrics(record)
    assert metrics["auc_low"] < metrics["auc"] < metrics["auc_high"]
    assert metrics["flagged"] == metrics["true_positives"] + metrics["false_positives"]
    years = metrics_by_year(record)["auc_by_year"]
    assert years
    assert all(2020 <= year <= 2024 for year in years)
