"""What the run says of a model in the papers: as people count it, few people hidden."""

from dataclasses import replace
from datetime import date

import pytest

from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.texts import DANISH
from riskscreen.evaluation import Estimate
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.papers.model_figures import PaperModel
from riskscreen.papers.questions import say_line
from riskscreen.registry.approvals import Approval
from tests.papers.papers_made import collect, make_model

pytestmark = pytest.mark.slow


def test_quality_is_told_as_people_count_it_with_the_interval(tmp_path):
    estimate = Estimate(0.7349, 0.7, 0.761, n=339)
    share = Estimate(0.3, 0.28, 0.325, n=339)
    one = make_model()
    estimates = {
        **one.record.evaluation.estimates,
        "auc": estimate,
        "mean_risk": share,
        "base_rate": share,
    }
    evaluation = replace(one.record.evaluation, estimates=estimates)
    (line,) = collect(tmp_path, make_model(evaluation=evaluation))["quality"]
    assert "øverst i 73 (70-76) af 100 tilfælde" in line
    assert "30,0 (28,0-32,5) % fik udfaldet" in line


def test_an_estimate_that_is_not_there_or_hidden_says_so(tmp_path):
    one = make_model()
    for why, said in (("hidden: few", "skjult (få borgere)"), ("none", "ikke oplyst")):
        missing = Estimate.unavailable(n=0, why=why)
        estimates = {**one.record.evaluation.estimates, "auc": missing}
        evaluation = replace(one.record.evaluation, estimates=estimates)
        (line,) = collect(tmp_path, make_model(evaluation=evaluation))["quality"]
        assert f"øverst i {said} af 100" in line


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["pass", "pass"], "modellen opfyldte alle 2 krav."),
        (["pass", "too few"], "1 af 2 krav er opfyldt. For få sager til at afgøre: "),
        (["refuse", "too few"], "modellen kan ikke godkendes. Krav, der ikke er "),
    ],
)
def test_gates_are_told_by_what_they_let_through(tmp_path, verdicts, said):
    gates = tuple(GateOutcome("ici", v, "0.1", "0.2", "ici: 0.1.") for v in verdicts)
    (line,) = collect(tmp_path, make_model(gates=gates))["gates"]
    assert said in line


def test_an_approval_is_told_with_day_and_name_and_none_bars_the_use(tmp_path):
    one = make_model()
    version = one.record.model_version
    approval = Approval(
        number="3",
        model_version=version,
        model_sha256="0" * 64,
        evaluation_sha256="0" * 64,
        approved_by="lederen",
        approved_on="2026-11-03",
        note="efter møde",
        pilot=True,
    )
    approved = PaperModel(one.model, one.record, approval)
    (line,) = collect(tmp_path, approved)["approval"]
    day = format_date(date(2026, 11, 3), DANISH)
    said = say_line("pilot", version=version, day=day, by="lederen")
    assert line.endswith(said)
    assert all(told in said for told in (version, day, "lederen"))
    (line,) = collect(tmp_path)["approval"]
    assert line.endswith(say_line("not_approved", version=version))


def test_models_of_which_the_same_is_said_share_a_line(tmp_path):
    one = make_model()
    lines = collect(tmp_path, one, one)
    n = str(len(one.model.spec.features()))
    line = say_line("columns", n=n)
    (said,) = lines["columns"]
    assert said == say_line("of", titles="Prøve og prøve", line=line)


def test_a_model_without_places_groups_or_widths_says_so_or_nothing(tmp_path):
    one = make_model()
    policy = replace(one.record.policy, threshold=None, places_per_week=None)
    uncertainty = replace(one.record.uncertainty, width=None)
    lines = collect(
        tmp_path,
        make_model(
            policy=policy,
            uncertainty=uncertainty,
            fairness=None,
            shipped=None,
            label_noise=(),
        ),
    )
    for name in ("places", "capacity"):
        (line,) = lines[name]
        assert line.endswith(say_line(f"{name}_none"))
    assert lines["groups"][0].endswith(say_line("group_none"))
    assert (lines["uncertainty"], lines["shipped"], lines["label_noise"]) == ((),) * 3
