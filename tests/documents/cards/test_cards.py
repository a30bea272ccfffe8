import csv
import io
import json
import re
import shlex
from dataclasses import replace
from html import unescape

import pytest

from riskscreen.documents.cards import (
    flatten_metrics,
    flatten_parameters,
    format_importance,
    list_metrics_by_size,
    list_metrics_by_year,
    render_card_files,
)
from riskscreen.documents.cards.labels import list_labels
from riskscreen.documents.cards.plots import write_plots
from riskscreen.documents.cards.record import TestLooks, parse_record, to_json
from riskscreen.documents.cards.values import describe_pull, format_middle
from riskscreen.evaluation import Comparison, Estimate, SampleSize
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.evaluation.importance import (
    Contribution,
    ContributionBin,
    FeaturePair,
    FeaturePairs,
)
from riskscreen.evaluation.learning_curve import LearningCurve, SizePoint
from riskscreen.model.horizons import OrderComparison
from riskscreen.spec import Landmark, Words
from riskscreen.spec.model import Baseline
from riskscreen.training import LandmarkEvaluation, Validation, train
from riskscreen.training.studies import STUDIES
from riskscreen.training.studies.ablation import Ablation, ablate_columns
from riskscreen.training.studies.deferred_rules import DeferredRule
from riskscreen.training.studies.explanation_stability import ExplanationStability
from riskscreen.training.studies.horizons import (
    HorizonEvaluation,
    HorizonStudy,
    ThreeShares,
)
from riskscreen.training.studies.learning_curve import TrainingCurve
from riskscreen.training.studies.sample_size import TrainingSize
from riskscreen.training.studies.still_in import SeenIn
from tests.dated_training import MARK, N, train_dated
from tests.shipping import ship

pytestmark = pytest.mark.slow


def trained():
    """What was trained on, and its record."""
    prepared, record, _ = train_dated()
    return prepared, record


def rendered(*, spec=None, **changes):
    """The card of the record with *changes*, without plots, as Markdown and HTML."""
    dataset, record = trained()
    spec = spec or dataset.spec
    files = render_card_files(spec, record.model_copy(update=changes), {})
    return files["made_up.md"], files["made_up.html"]


def section(text, heading):
    return text.split(f"## {heading}")[1].split("\n## ")[0]


def rows_of(text):
    """The cells of every row of the tables in *text*, headings included."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines if "| ---" not in line]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The pictures of the record, drawn once."""
    return write_plots(trained()[1], tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def written(tmp_path_factory, pictures):
    prepared, record = trained()
    folder = tmp_path_factory.mktemp("card")
    drawings = {p.name: p.read_text("utf-8") for p in pictures}
    (folder / "made_up").mkdir()
    for name, text in render_card_files(prepared.spec, record, drawings).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def test_the_card_counts_the_looks_at_its_test():
    assert "not counted" in rendered()[0]
    days = ("2023-01-02", "2023-12-31")
    for earlier, said in (
        (0, "this is the first at cases from 2023-01-02 to 2023-12-31"),
        (1, "1 earlier training, recalibration or evaluation of this target was"),
        (7, "7 earlier trainings, recalibrations and evaluations of this target were"),
    ):
        assert said in rendered(test_looks=TestLooks(*days, earlier))[0]


@pytest.mark.parametrize(
    ("base", "support", "english", "danish"),
    [
        (
            -0.01,
            -0.002,
            "In part: on these cases the risks lie closer to what happened than the "
            "base rate, and than “support”.",
            "Til dels: i 182 senere sager lå risikoen nærmere udfaldet end "
            "gennemsnittet og end »støtte«.",
        ),
        (
            -0.01,
            0.003,
            "In part: on these cases the risks lie closer to what happened than the "
            "base rate, but not by more than chance than “support”.",
            "Til dels: i 182 senere sager lå risikoen nærmere udfaldet end "
            "gennemsnittet, men ikke sikkert end »støtte«.",
        ),
        (
            0.001,
            -0.002,
            "It is not shown: on these cases the risks do not lie closer to what "
            "happened than the base rate by more than chance.",
            "Det er ikke vist: i 182 senere sager lå risikoen ikke sikkert nærmere "
            "udfaldet end gennemsnittet.",
        ),
    ],
)
def test_whether_it_can_be_predicted_is_answered_by_the_intervals(
    base, support, english, danish
):
    dataset, record = trained()
    rule = Baseline(label=Words(da="støtte", en="support"), features=("age",))
    spec = dataset.spec.model_copy(update={"baselines": {"support": rule}})
    found = {
        name: Comparison(
            "model", name, {"brier": Estimate(high - 0.02, high - 0.04, high, n=N)}
        )
        for name, high in (("base_rate", base), ("support", support))
    }
    card, _ = rendered(spec=spec, comparisons={**record.comparisons, **found})
    tried = "Not delivered, and so not tried: “en oplysning”."
    assert f"Can it be predicted? {english} {tried}" in card
    assert f"Kan det forudsiges? {danish} Ikke leveret: »en oplysning«." in card


def test_whether_it_can_be_predicted_is_not_answered_without_the_base_rate():
    _, record = trained()
    others = {n: of for n, of in record.comparisons.items() if n != "base_rate"}
    card, _ = rendered(comparisons=others, comparators={})
    assert "be predicted?" not in card
    assert "forudsiges?" not in card


def test_the_record_can_be_written_as_json_and_holds_no_row():
    _, record = trained()
    text = json.dumps(to_json(record))
    assert str(MARK) not in text
    assert not re.search(r"\b[cp]1[0-9]{2,3}\b", text), "a case or person is named"


def test_counts_below_five_are_not_told():
    _, record = trained()
    assert [(row.left, row.n) for row in record.attrition] == [
        (0, N),
        (None, None),
    ]
    tiny = [g for g in record.fairness.groups if g.values == ("tiny group",)]
    assert [g.n for g in tiny] == [None]


def test_the_card_says_first_that_its_figures_are_made_up(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert text.index("synthetic municipality") < text.index("AUC")
    assert "opdigtet kommune" in text


def test_the_card_shows_the_figures_of_the_record_with_their_intervals(written):
    _, record = trained()
    text = (written / "made_up.md").read_text("utf-8")
    for name in ("auc", "brier", "calibration_slope", "ici", "emax"):
        assert record.evaluation.estimates[name].text() in text


def test_every_item_of_the_checklists_is_answered_or_open(written):
    text = (written / "made_up.md").read_text("utf-8")
    tripod, annex = text.split("## TRIPOD+AI")[1].split("## EU AI Act")
    assert len(re.findall(r"^\| \d+ \| [^|]+ \| [^|]+ \|$", tripod, re.M)) == 27
    annex = annex.split("\n## ")[0]
    assert len(re.findall(r"^\| \d+ \| [^|]+ \| [^|]+ \|$", annex, re.M)) == 9


def test_the_page_is_the_same_card_and_needs_nothing_from_outside(written):
    page = (written / "made_up.html").read_text("utf-8")
    text = (written / "made_up.md").read_text("utf-8")
    headings = re.findall("<h2 id=.*?>(.*?)</h2>", page)
    assert headings == re.findall("^## (.*)$", text, re.M)
    assert not re.search(r'src="(?!data:)|href="(?!#)', page)
    assert page.count("<img") == text.count("![") == 7


def test_the_contents_lead_to_every_part_after_the_summaries(written):
    page = (written / "made_up.html").read_text("utf-8")
    (contents,) = re.findall("<nav.*?</nav>", page, re.DOTALL)
    parts = re.findall('<h2 id="(.*?)">(.*?)</h2>', page)
    assert re.findall('<a href="#(.*?)">(.*?)</a>', contents) == parts[2:]
    assert (
        page.index(parts[1][1])
        < page.index("<nav")
        < page.index(f">{parts[2][1]}</h2>")
    )


def test_the_page_shows_every_cell_and_sentence_of_the_card(written):
    """Label honesty, net benefit, gates, checklists: nothing is in one twin alone."""
    page = unescape(re.sub("<[^>]+>", "", (written / "made_up.html").read_text()))
    for line in (written / "made_up.md").read_text("utf-8").splitlines():
        if line.startswith(("| ---", "![", "<")):
            continue
        cells = re.split(r"(?<!\\) \| ", line.strip("|"))
        for cell in cells if line.startswith("|") else [line.lstrip("#>- ")]:
            plain = re.sub(r"\\(.)", r"\1", cell.strip(" *")).replace("`", "")
            assert plain in page, plain


def test_the_card_says_in_both_languages_what_the_model_listens_to(written):
    _, record = trained()
    text = section((written / "made_up.md").read_text("utf-8"), "What the model uses")
    labels = {"burden": Words(da="byrde", en="burden")}
    changed = {"reason_labels": {**record.reason_labels, **labels}}
    tables = rows_of(section(rendered(**changed)[0], "What the model uses"))
    first = record.importance.reasons[0]
    assert tables[1][:3] == ["burden", "byrde", f"{first.mean:.3f}"]
    features = [row for row in tables if len(row) == 6]
    assert features[0][4:] == ["from, to", "high values"]
    assert features[1][5] == "raise it"
    low, high = features[1][4].split(" to ")
    assert float(low) < 0 < float(high)
    for alt in re.findall(r"!\[(.*?)\]\(", text):
        assert len(alt.split()) > 10


@pytest.mark.parametrize(
    ("values", "middle", "pull"),
    [
        ((0.0, 0.5, 1.0), "-1.00 to +2.00", "raise it"),
        ((1.0, 0.5, 0.0), "-1.00 to +2.00", "lower it"),
        ((0.5, 0.0, 0.5), "-1.00 to +2.00", "both ways"),
        ((None, None, None), "-1.00 to +2.00", "no order"),
        ((None, 0.5, None), "-1.00 to +2.00", "hardly pull"),
    ],
)
def test_what_a_picture_shows_of_a_feature_stands_in_words(values, middle, pull):
    ends = ((-1.0, 0.0), (0.0, 1.0), (1.0, 2.0))
    bins = [
        ContributionBin(low, high, 30, value)
        for (low, high), value in zip(ends, values, strict=True)
    ]
    one = Contribution("burden", 0.5, 0.1, tuple(bins))
    assert format_middle(one) == middle
    assert describe_pull(one) == pull


def test_a_feature_without_bins_has_its_middle_hidden():
    assert format_middle(Contribution("burden", 0.5, 0.1)) == "hidden"


def test_the_importance_is_a_table_for_other_programs_and_a_metric_a_reason():
    _, record = trained()
    rows = list(csv.DictReader(io.StringIO(format_importance(record))))
    of = [row["of"] for row in rows]
    assert of.count("reason") == len(record.importance.reasons)
    assert of.count("feature") == len(record.importance.features) == 7
    assert sum(float(r["share"]) for r in rows) == pytest.approx(2, abs=1e-4)
    assert flatten_metrics(record)["importance_burden"] == pytest.approx(
        float(rows[0]["share"]), abs=1e-6
    )


TOGETHER = "Facts that matter together"


def test_the_card_says_in_both_languages_which_facts_matter_together():
    pairs = FeaturePairs(1400, (FeaturePair("burden", "visits", 0.1234, 0.4),))
    _, record = trained()
    one, other = (record.feature_labels[name] for name in ("burden", "visits"))
    text, page = rendered(feature_pairs=pairs, chosen="blend")
    told = section(text, TOGETHER)
    assert rows_of(told)[1] == [
        f"{one.en} × {other.en}",
        f"{one.da} × {other.da}",
        "0.123",
        "40.0%",
    ]
    assert "over 1,400 test cases" in told
    # Held to its words: whoever reads such a pair must be told what it cannot say.
    assert "does not say which way" in told
    (danish,) = re.findall('<p lang="da">(.*?)</p>', told)
    assert f'<p lang="da">{danish}</p>' in page
    found = record.model_copy(update={"feature_pairs": pairs})
    assert flatten_metrics(found)["interaction_burden.visits"] == 0.1234
    last = list(csv.DictReader(io.StringIO(format_importance(found))))[-1]
    assert (last["of"], last["name"]) == ("pair", "burden × visits")
    assert last["mean_abs_shap_log_odds"] == "0.123400"


@pytest.mark.parametrize(
    ("kind", "n", "said", "in_danish"),
    [
        ("logistic", 0, "the model is additive", "uanset hvad der ellers står"),
        ("lightgbm", 900, "no tree of the model", "Intet træ i modellen"),
        ("of another package", 0, "the estimator does not tell", ""),
    ],
)
def test_the_card_says_why_no_facts_matter_together(kind, n, said, in_danish):
    text, _ = rendered(feature_pairs=FeaturePairs(n, ()), chosen=kind)
    told = section(text, TOGETHER)
    assert said in told
    assert in_danish in told
    assert rows_of(told) == []


def test_a_record_from_before_pairs_were_asked_has_a_card_without_them():
    _, record = trained()
    assert record.feature_pairs == FeaturePairs(0, ())
    stored = to_json(record)
    del stored["feature_pairs"]
    older = parse_record(stored)
    assert older.feature_pairs is None
    assert TOGETHER not in rendered(feature_pairs=older.feature_pairs)[0]
    assert format_importance(older) == format_importance(record)


def learned(verdict):
    """The record, after a validation that grew the training to 2,000 cases."""
    loss = Estimate(0.5, 0.48, 0.52, n=400, digits=4)
    points = tuple(SizePoint(n, 2, loss, loss) for n in (1000, 2000))
    curve = LearningCurve(points, loss, loss, 0.001, verdict)
    findings = dict.fromkeys(STUDIES) | {
        "explanation_stability": ExplanationStability({}, ()),
        "learning_curve": TrainingCurve(curve),
    }
    return trained()[1].model_copy(
        update={"validation": Validation("logistic", findings)}
    )


@pytest.mark.parametrize(
    ("verdict", "said", "in_danish"),
    [
        ("yes", "Yes. Twice as many", "sager ville gøre modellen mærkbart bedre"),
        ("hardly", "Hardly. Twice as many", "ville næppe gøre modellen mærkbart bedre"),
        (
            "open",
            "It cannot be told. Twice",
            "kan ikke siges med sikkerhed, om flere sager",
        ),
    ],
)
def test_the_card_says_in_words_whether_more_cases_would_help(verdict, said, in_danish):
    record, picture = learned(verdict), {"learning_curve.svg": "<svg/>"}
    text = render_card_files(trained()[0].spec, record, picture)["made_up.md"]
    told = section(text, "Would more cases help?")
    assert said in told
    assert "1,000 cases: 0.5000, 2,000 cases: 0.5000." in told
    assert in_danish in section(text, "Resumé på dansk")
    by_size = list_metrics_by_size(record)
    assert by_size["log_loss_by_training_cases"] == {1000: 0.5, 2000: 0.5}


def test_the_card_draws_whether_more_cases_would_help(tmp_path):
    record = learned("yes")
    drawn = {p.name: p.read_text("utf-8") for p in write_plots(record, tmp_path)}
    assert ">2,000<" in drawn["learning_curve.svg"]
    files = render_card_files(trained()[0].spec, record, drawn)
    assert "learning_curve.svg" in files["made_up.md"]


def test_without_a_validation_the_card_says_how_to_learn_whether_more_would_help():
    assert "--validate" in section(rendered()[0], "Would more cases help?")
    assert list_metrics_by_size(trained()[1]) == {}


def test_no_file_of_a_card_holds_what_a_single_person_has(written):
    """The case furthest out is in the record's bins and pictures, not to be told."""
    files = [path for path in written.rglob("*") if path.is_file()]
    assert {"contributions.svg", "made_up.html"} <= {path.name for path in files}
    told = "".join(path.read_text("utf-8") for path in files)
    assert str(MARK) not in told


def test_no_bin_of_the_record_is_of_fewer_than_five():
    _, record = trained()
    bins = [b for one in record.importance.features for b in one.bins]
    assert len(bins) > 20
    assert min(b.n for b in bins) >= 5


def test_the_card_says_in_both_languages_what_direction_is_not_imposed():
    text, _ = rendered()
    assert "speak against none" in text
    assert "Data taler imod" not in text
    _, record = trained()
    directions = [
        of
        | ({"dropped": True, "p": 0.001} if of["feature"] == "burden" else {"p": 0.4})
        for of in record.notes["directions"]
    ]
    other = record.model_copy(
        update={"notes": {**record.notes, "directions": directions}}
    )
    text, _ = rendered(notes=other.notes)
    assert "speak against 1" in text
    (row,) = [row for row in rows_of(text) if "no: the data speak against it" in row]
    assert row[1] == "increasing"
    summary = text.split('<section lang="da">')[1].split("</section>")[0]
    assert "Data taler imod" in summary
    assert "(ventet: mere øger risikoen)" in summary
    assert flatten_metrics(other)["directions_dropped"] == 1
    assert flatten_parameters(other)["directions_dropped"] == "burden"
    assert flatten_parameters(record)["directions_dropped"] == "none"
    assert flatten_metrics(record)["directions_tested"] == 4


def test_no_value_of_a_card_is_read_as_markdown_or_html():
    hostile = "**a** <script>alert(1)</script> [x](javascript:y) ![z](//q) | `c`\n# d"
    _, record = trained()
    labels = dict(record.labels) | {"base_rate": hostile}
    text, page = rendered(labels=labels, messages=(hostile, hostile))
    # The contents have links of their own.
    links = r'<a (?!href="#part-)'
    assert not re.search(rf"<script|{links}|<img|<strong>a|<code>c|<h1>d", page)
    shown = unescape(re.sub("<[^>]+>", "", page))
    assert shown.count(hostile.replace("\n", " ")) >= 4
    assert len({line.count(" | ") for line in text.splitlines() if "AUC |" in line}) < 4


def test_the_card_says_what_flips_when_ends_move(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert "| -4 weeks | 90 | 10 | 6.2% |" in text
    assert "4 uger senere, var 5,7 %" in text


def test_the_card_names_the_command_that_made_its_figures(written):
    text = (written / "made_up.md").read_text("utf-8")
    (command,) = re.findall("figure was made by `(.*?)`", text)
    name, *parts = shlex.split(command)
    assert (name, *parts[:2]) == ("riskscreen", "train", "made_up")
    assert {"--site", "--out"} <= {*parts}


def test_what_was_told_while_reading_stands_on_the_card(written):
    text = (written / "made_up.md").read_text("utf-8")
    assert "- cases.csv: 3 rows set aside (odd)" in text


def test_net_benefit_is_told_against_everybody_nobody_and_each_rule():
    table = rows_of(section(rendered()[0], "How good it is").split("Net benefit")[1])
    first = [row[0] for row in table[1:]]
    everybody, nobody = "minus flagging everybody", "minus flagging nobody"
    assert first[:3] == ["the model itself", everybody, nobody]
    base_rate = list_labels(trained()[0].spec)["base_rate"]
    assert {"minus x", f"minus {base_rate}"} <= set(first)
    assert table[1][1] == table[3][1]


def test_a_rule_that_waits_is_beyond_the_places_only_where_it_flags_more():
    _, record = trained()
    now = record.evaluation.capacity
    flagged = now.estimates["flagged"]

    def tell(more):
        moved = replace(flagged, value=flagged.value + more, low=None, high=None)
        later = replace(now, estimates={**now.estimates, "flagged": moved})
        rule = DeferredRule("x", "eight weeks", 8, now, later, 3.0, (), "")
        text = rendered(deferred_rules=(rule,))[0].split("The rule “eight weeks”")[1]
        assert "; help comes 3 weeks later" in text
        said = text.split("\n")[0].replace(f"flags {moved.text()}:", "flags so many:")
        assert said != text.split("\n")[0]
        return said.split("; ")

    fewer, as_many, more = (tell(of) for of in (-1, 0, 1))
    assert fewer == as_many
    (beyond,) = [part for part in more if part not in as_many]
    assert [part for part in more if part != beyond] == as_many


def test_the_danish_summary_is_read_in_two_minutes(written):
    text = (written / "made_up.md").read_text("utf-8")
    summary = text.split("## Resumé på dansk")[1].split("\n## ")[0]
    assert 120 < len(summary.split()) < 300
    page = (written / "made_up.html").read_text("utf-8")
    (heading,) = re.findall('<section lang="da">\n<h2[^>]*>(.*?)<', page)
    assert f"## {heading}\n" in text
    assert "4 af 12 krav (" in summary
    assert "calibration_slope" not in summary


def test_the_card_says_how_often_a_week_has_more_proposed_than_places():
    _, record = trained()
    text = section(rendered()[0], "Who is proposed, and how the weeks went")
    assert "1 place a week" in text
    rows = {row[0]: row for row in rows_of(text) if len(row) == 6}
    assert set(rows) == {"unit", "north", "south", "the whole site"}
    whole = record.weeks[-1]
    assert whole.proposals == pytest.approx(2, abs=0.5)
    assert rows["the whole site"][4:] == [
        str(whole.proposals),
        f"{whole.overrun:.1%}",
    ]


def test_without_places_the_card_says_that_nobody_is_proposed():
    dataset, _ = trained()
    bare = replace(dataset, places=None)
    result = train(bare)
    _, record, _ = ship(result, bare)
    files = render_card_files(bare.spec, record, {})
    text = section(files["made_up.md"], "Who is proposed, and how the weeks went")
    assert "nobody is proposed" in text
    assert "ingen foreslås" in files["made_up.md"]
    capacity = section(files["made_up.md"], "At capacity, in counts of people")
    assert "not available (no places" in capacity
    assert "Nobody was flagged" in capacity
    assert "Flagged are" not in capacity


def test_figures_of_everybody_are_called_what_they_are():
    _, record = trained()
    capacity = replace(record.evaluation.capacity, vacuous="everybody")
    evaluation = replace(record.evaluation, capacity=capacity)
    text = rendered(evaluation=evaluation)[0]
    assert "nobody could be missed" in text
    assert "Ingen kunne overses" in text
    assert "mellem 0,0 % og 0,0 %" not in text
    assert "ikke foreslået, alt efter" not in text


def test_figures_at_other_places_than_the_models_say_so():
    _, record = trained()
    moved = replace(record.policy, places="9 places a week in all")
    text = section(rendered(policy=moved)[0], "At capacity, in counts of people")
    assert "stated anew" in text
    assert "stated anew" not in rendered()[0]


def test_what_leaving_a_column_out_does_is_told_group_by_group():
    prepared, _ = trained()
    heading = "Column ablation"
    ablation = Ablation(ablate_columns(prepared, train(prepared)))
    findings = dict.fromkeys(STUDIES) | {
        "explanation_stability": ExplanationStability({}, ()),
        "ablation": ablation,
    }
    validation = Validation("logistic", findings)
    rows = rows_of(section(rendered(validation=validation)[0], heading))
    groups = {row[0]: row for row in rows if row[0] != "group"}
    assert {"north", "south", "large group", "tiny group"} == set(groups)
    assert set(groups["tiny group"][1:]) == {"hidden"}
    assert "--validate" in section(rendered()[0], heading)


def test_the_helped_stand_beside_the_not_helped_and_the_weighted():
    _, record = trained()
    text = section(rendered()[0], "Who was helped")
    helped, others = record.help.groups
    heading, *rows = rows_of(text)
    assert heading[1:] == [
        f"helped: {helped.n} cases",
        f"not helped: {others.n} cases",
        "not helped, weighted",
    ]
    figures = {row[0]: row[1:] for row in rows}
    assert figures["AUC"] == [
        helped.estimates["auc"].text(),
        others.estimates["auc"].text(),
        record.help.weighted["auc"].text(),
    ]
    assert "hangs on nothing else" in text
    assert "100.0% of the cases" in text
    assert "are missing from it" not in text
    assert "when a course ended" in text


def test_all_helped_at_some_risk_and_a_known_course_are_said():
    _, record = trained()
    told = replace(record.help, represented=0.91, follows_courses=True)
    text = section(rendered(help=told)[0], "Who was helped")
    assert "91.0% of the cases" in text
    assert "its outcome was settled" in text
    unknown = replace(told, follows_courses=False)
    other = section(rendered(help=unknown)[0], "Who was helped")
    warned = {*re.split(r"(?<=\.) ", other)} - {*re.split(r"(?<=\.) ", text)}
    assert len(warned) == 2  # by when it weighs, and that nothing says when one ended
    assert sum("a course ended" in said for said in warned) == 1


def test_few_helped_are_hidden_and_not_weighted():
    _, record = trained()
    groups = tuple(replace(g, n=None, estimates={}) for g in record.help.groups)
    told = replace(record.help, groups=groups, weighted={}, represented=None)
    text = section(rendered(help=told)[0], "Who was helped")
    assert rows_of(text)[0][1] == "helped (hidden)"
    assert set(rows_of(text)[1][1:]) == {"hidden"}
    assert "Too few are helped" in text


def test_without_a_table_of_efforts_the_card_says_what_that_means():
    text = section(rendered(help=None)[0], "Who was helped")
    assert "nobody can tell" in text
    assert "the lower the risk" in text


def test_every_other_horizon_has_its_row_and_the_primary_is_marked():
    shown, seen = ThreeShares(0.4, 0.5, 0.1), ThreeShares(0.38)
    first = HorizonEvaluation(26, None, 90, None, {}, shown, seen)
    second = replace(first, weeks=52, at_least_weeks=26)
    horizons = HorizonStudy(26, 90, 1234, (first, second))
    text = section(rendered(horizons=horizons)[0], "At the other horizons")
    assert "1,234 of them still open" in text
    first, second = rows_of(text)[1:]
    assert first[:5] == [
        "26 weeks (primary)",
        "fewer than 5 of 90",
        "40.0% / 38.0%",
        "50.0% / not available",
        "10.0% / not available",
    ]
    assert second[0] == "26 of 52 weeks"
    assert "Not available" in section(rendered()[0], "At the other horizons")


def test_the_card_says_who_of_those_seen_as_in_was_gone():
    seen = (SeenIn(8, 940, 0.227, 0.321, 0.336), SeenIn(13, None, None, None, None))
    horizons = HorizonStudy(26, 90, 10, (), still_in=seen)
    text = section(rendered(horizons=horizons)[0], "At the other horizons")
    *_, first, second = rows_of(text)
    assert first == ["8", "940", "22.7%", "32.1%", "33.6%"]
    assert second[:2] == ["13", "fewer than 5"]
    assert "already gone" not in rendered(horizons=HorizonStudy(26, 90, 10, ()))[0]


def test_what_an_own_order_brings_is_told_and_in_danish_where_it_is_taken():
    compared = (
        OrderComparison(13, -0.0005, -0.001, 0.0, 18_920, taken=False, penalty=100.0),
        OrderComparison(52, -0.006, -0.008, -0.005, 17_720, taken=True, penalty=30.0),
    )
    card = rendered(horizons=HorizonStudy(26, 90, 10, (), compared))[0]
    text = section(card, "At the other horizons")
    assert "at 13 weeks -0.0005 (-0.0010 to +0.0000, 18,920 cases)" in text
    assert "at 52 weeks -0.0060 (-0.0080 to -0.0050, 17,720 cases)" in text
    assert "efter 52 uger har" in card
    card = rendered(horizons=HorizonStudy(26, 90, 10, (), compared[:1]))[0]
    assert "sin egen rækkefølge" not in card


def test_pairs_that_stand_out_are_shown_and_counted():
    assert "Pairs of groups: " in section(rendered()[0], "By group")


def test_every_picture_named_by_the_card_stands_beside_it(written):
    text = (written / "made_up.md").read_text("utf-8")
    named = re.findall(r"\]\((made_up/[a-z_]+\.svg)\)", text)
    assert len(named) == 7
    assert all((written / name).is_file() for name in named)


def test_pictures_of_the_same_record_are_the_same_bytes(pictures, tmp_path):
    again = write_plots(trained()[1], tmp_path)
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in pictures]


def test_mlflow_gets_the_figures_with_both_ends_of_their_interval():
    _, record = trained()
    metrics = flatten_metrics(record)
    assert metrics["auc_low"] < metrics["auc"] < metrics["auc_high"]
    assert metrics["flagged"] == metrics["true_positives"] + metrics["false_positives"]
    years = list_metrics_by_year(record)["auc_by_year"]
    assert years
    assert all(2020 <= year <= 2024 for year in years)


def test_a_study_without_a_layout_of_its_own_is_told_by_its_lines():
    size = TrainingSize(SampleSize(900, 12, 0.3, 0.1, 800, 700, 300, 0.91))
    findings = dict.fromkeys(STUDIES) | {
        "explanation_stability": ExplanationStability({}, ()),
        "another": size,
    }
    text, _ = rendered(validation=Validation("logistic", findings))
    (line,) = size.describe()
    (part,) = [part for part in text.split("\n## ") if line in part]
    assert part.startswith("On periods and municipalities")


def test_the_card_says_which_shap_values_each_kind_of_estimator_has():
    """A blend mixes two kinds, and no one name would be true of both."""
    heading = "What the model uses: importance"
    logistic = section(rendered(chosen="logistic")[0], heading)
    trees = section(rendered(chosen="lightgbm")[0], heading)
    blend = section(rendered(chosen="blend")[0], heading)
    other = section(rendered(chosen="of another package")[0], heading)
    assert "interventional" in logistic
    assert "path-dependent" not in logistic
    assert "path-dependent" in trees
    assert "interventional" not in trees
    assert "interventional" in blend
    assert "path-dependent" in blend
    assert "own contributions" in other


def test_the_card_tells_the_judged_model_from_the_shipped_one():
    _, record = trained()
    shipped = record.shipped
    card, _ = rendered()
    text = section(card, "Judged and shipped")
    for words in (
        f"| version | {shipped.judged[:12]} | {record.model_version} |",
        f"| newest outcome known on | {shipped.judged_label} | ",
        f"their risks lie {shipped.risk:.1%} apart in the mean (at most 8.0% is",
        f"in {shipped.proposals:.1%} of them (at most 20.0%)",
    ):
        assert words in text
    assert shipped.judged_label < record.notes["newest_label"]
    danish = section(card, "Resumé på dansk")
    told = f"{100 * shipped.risk:.1f}".replace(".", ",")
    assert f"ligger risiciene {told} procentpoint fra hinanden" in danish
    few = replace(shipped, cases=None, risk=None, level=None, proposals=None)
    card, _ = rendered(shipped=few)
    assert "fewer than five people" in section(card, "Judged and shipped")


def test_known_changes_are_told_with_what_the_model_has_of_each():
    whole = {"affects": "population:made_up", "source": "loven", "added": 0.0}
    changes = [
        {**whole, "day": "2024-03-06", "what": "en", "state": "fitted", "step": 0.28},
        {**whole, "day": "2026-02-01", "what": "to", "state": "too young", "step": 0.0},
        {**whole, "day": "2012-01-02", "what": "tre", "state": "rule", "step": 0.0},
    ]
    notes = {**trained()[1].notes, "known_changes": changes}
    card, _ = rendered(notes=notes)
    assert "+0.280 log-odds" in card
    assert "nothing had changed" in card
    (fitted,) = [line for line in card.splitlines() if line.startswith("Fra 6.3.2024")]
    assert "(en)" in fitted
    assert "Fra 1.2.2026" in card
    assert "Fra 2.1.2012" not in card
    fewer = {"known_changes": [{**changes[0], "step": -0.28}]}
    other, _ = rendered(notes=trained()[1].notes | fewer)
    (turned,) = [line for line in other.splitlines() if line.startswith("Fra 6.3.2024")]
    assert "flere" in set(fitted.split()) - set(turned.split())
    assert "færre" in set(turned.split()) - set(fitted.split())
    assert "### Known changes" not in rendered()[0]


def test_the_danish_summary_speaks_of_the_end_where_that_is_the_outcome():
    spec = trained()[0].spec
    ended = spec.outcome.model_copy(update={"rule": "ended_within"})
    told = {
        outcome.rule: section(
            rendered(spec=spec.model_copy(update={"outcome": outcome}))[0], "Resumé"
        )
        for outcome in (spec.outcome, ended)
    }
    assert "et langt forløb" in told.pop(spec.outcome.rule)
    assert "det ophørte for" in told["ended_within"]
    assert "et langt forløb" not in told["ended_within"]


def at_landmarks(*, corrects=False, **changes):
    """The section of two landmarks, of which one has a model of its own."""
    spec, estimates = trained()[0].spec, trained()[1].evaluation.estimates
    differences = dict.fromkeys(
        ("auc", "brier", "log_loss"), Estimate(-0.0123, -0.02, -0.004, 900, digits=4)
    )
    compared = Comparison("own", "step_1", differences)
    refused = GateOutcome("ici", "too few", "0.04", "0.05", "ici: 0.04. Too few.")
    landmarks = (
        LandmarkEvaluation(
            week=8,
            more_weeks=26,
            train=1200,
            test=300,
            own=True,
            corrects=corrects,
            helped=0.234,
            cross_fitted=compared,
            tested=compared,
            estimates=estimates,
            gates=(refused,),
        ),
        LandmarkEvaluation(week=22, more_weeks=20, without="too few cases"),
    )
    asked = tuple(Landmark(week=w, more_weeks=26) for w in (8, 22))
    spec = spec.model_copy(update={"landmarks": asked})
    card, _ = rendered(spec=spec, **({"landmarks": landmarks} | changes))
    return section(card, "At the landmarks")


def test_the_card_says_of_each_landmark_which_risk_is_taken_and_how_good_it_is():
    text = at_landmarks()
    _, own, none = rows_of(text)
    slope = trained()[1].evaluation.estimates["calibration_slope"].text()
    assert own[:5] == [
        "week 8",
        "26",
        "1,200 / 300",
        "its own model",
        "-0.0123 (-0.0200 to -0.0040)",
    ]
    assert own[-1] == slope
    assert none[:4] == ["week 22", "20", "–", "none: too few cases"]
    assert "- week 8: ici: 0.04. Too few." in text
    told = [line for line in text.splitlines() if line.startswith("- week ")]
    assert [re.findall(r"\d+%", line) for line in told] == [["23%"], []]
    assert all(line.startswith("- week 8: ") for line in told)
    # Held to its words: which of the risks in the table a case gets must be said.
    assert "Cases are scored by the one taken" in text


def test_the_card_says_where_step_1_is_corrected():
    _, own, _ = rows_of(at_landmarks(corrects=True))
    assert own[3] == "step 1, corrected"


def test_a_recalibrated_card_judges_no_landmark_and_one_without_has_no_section():
    text = at_landmarks(landmarks=())
    assert rows_of(text) == []
    assert len(text.strip().splitlines()) == 1
    assert "a recalibration leaves" in text
    assert "At the landmarks" not in rendered()[0]


def test_the_registry_shows_the_figures_of_each_landmark():
    _, record = trained()
    found = LandmarkEvaluation(8, 26, estimates=record.evaluation.estimates)
    record = record.model_copy(update={"landmarks": (found,)})
    metrics = flatten_metrics(record)
    assert metrics["auc_week_8"] == metrics["auc"]
    assert parse_record(to_json(record)).landmarks == (found,)
