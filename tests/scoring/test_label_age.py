"""A model whose newest label is too old scores, and proposes nobody, at every door."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from riskscreen.readers import TableSource
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.scoring.score_cases import score
from riskscreen.validation import validate_table
from riskscreen.validation.schemas import build_scores_schema
from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = small_site.EXTRACTED.date()
FRESH, WARNED, OUTDATED = "2024-06-30", "2023-08-30", "2023-06-29"
POLICY = ["proposed", "threshold", "threshold_of", "band", "labels_too_old"]


@pytest.fixture(scope="module")
def model():
    policy = small_site.policy(first=0.6, base_risk=0.4)
    return replace(small_site.model(), policy=policy)


def of_label(model, newest):
    return replace(model, notes={**model.notes, "newest_label": newest})


def test_a_run_warns_before_the_label_is_too_old_and_proposes_as_ever(
    model, cases, history
):
    fresh, warned = (
        score(of_label(model, newest), cases, history, as_of=AS_OF)
        for newest in (FRESH, WARNED)
    )
    assert fresh.warnings == ()
    (warning,) = warned.warnings
    assert "2023-08-30, 16 months before 2024-12-30" in warning
    assert "riskscreen recalibrate small_target" in warning
    assert fresh.scores["proposed"].any()
    assert not fresh.scores["labels_too_old"].any()
    same = [*POLICY, "risk"]
    pd.testing.assert_frame_equal(fresh.scores[same], warned.scores[same])


def test_afterwards_cases_are_scored_and_nobody_is_proposed_and_each_row_says_why(
    model, cases, history
):
    fresh, late = (
        score(of_label(model, newest), cases, history, as_of=AS_OF)
        for newest in (FRESH, OUTDATED)
    )
    assert late.scores["risk"].tolist() == fresh.scores["risk"].tolist()
    assert late.scores["rank"].tolist() == fresh.scores["rank"].tolist()
    assert not late.scores["proposed"].any()
    assert late.scores["threshold"].isna().all()
    assert set(late.scores["band"]) == {"raised", "usual"}
    assert late.scores["labels_too_old"].all()
    assert "after 2024-12-29 cases are scored" in late.warnings[0]
    validate_table(late.scores, build_scores_schema(model.spec), name="scores")


@pytest.mark.parametrize("newest", [FRESH, WARNED, OUTDATED])
def test_a_case_alone_and_a_run_of_files_are_told_the_same(
    model, cases, history, newest, tmp_path
):
    aged = of_label(model, newest)
    together = score(aged, cases, history, as_of=AS_OF).scores.set_index("case_id")
    site = tmp_path / "site"
    small_site.deliver(site, 60, seed=5)
    run = score_files(
        aged,
        Delivery(
            TableSource(site / "cases.csv"),
            TableSource(site / "history.parquet"),
            AS_OF,
        ),
        out=tmp_path / "out",
        scored_at="2025-01-06T08:00:00+00:00",
    )
    written = pd.read_parquet(tmp_path / "out" / "scores.parquet").set_index("case_id")
    pd.testing.assert_frame_equal(written[POLICY], together[POLICY])
    assert run.counts["labels_too_old"] == len(together) * (newest == OUTDATED)
    said = run.describe()[0].startswith("Warning: The newest label was known on")
    assert said == (newest != FRESH)
    for place in (0, 7):
        alone = score(aged, cases.iloc[[place]], history, as_of=AS_OF).scores
        pd.testing.assert_frame_equal(
            alone.set_index("case_id")[POLICY], together.loc[alone["case_id"], POLICY]
        )


@pytest.mark.parametrize(
    ("now", "zone", "outdated"),
    [
        (datetime(2026, 1, 7, 22, 59, tzinfo=UTC), {}, False),
        (datetime(2026, 1, 7, 23, 1, tzinfo=UTC), {}, True),
        (datetime(2026, 1, 7, 23, 1, tzinfo=UTC), {"zone": "Atlantic/Faroe"}, False),
    ],
)
def test_a_live_call_goes_by_today_in_denmark_or_at_its_site(
    model, cases, history, now, zone, outdated
):
    aged = of_label(model, "2024-07-07")
    live = score(aged, cases.iloc[[0]], history, clock=lambda: now, **zone)
    assert live.scores["labels_too_old"].tolist() == [outdated]
    assert (len(live.warnings), live.scores["data_date"].isna().all()) == (1, True)


def test_the_day_of_the_extract_counts_and_not_the_clock(model, cases, history):
    def far():
        return datetime(2060, 1, 1, tzinfo=UTC)

    aged = of_label(model, FRESH)
    found = score(aged, cases.iloc[[0]], history, as_of=AS_OF, clock=far)
    moment = datetime.combine(AS_OF, datetime.min.time())
    again = score(aged, cases.iloc[[0]], history, as_of=moment, clock=far)
    assert found.scores["labels_too_old"].tolist() == [False]
    pd.testing.assert_frame_equal(found.scores, again.scores)


def test_a_model_without_a_newest_label_proposes_on_any_day(model, cases, history):
    far = datetime(2060, 1, 1, tzinfo=UTC)
    found = score(model, cases, history, clock=lambda: far)
    assert found.scores["proposed"].any()
