"""Words that were given up for the field's: a reader searches for those."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each with the word that took its place; a pattern of whole words, small and capital.
RETIRED = {
    r"restraint": "regularisation, hyperparameters",
    r"blindness|steadiness": "ablation, explanation stability",
    r"[Ll]essons?|[Tt]aught|[Tt]each(?:es|ing)?": "training data, trained on",
    r"past_windows": "rolling-origin folds",
    r"rivals?": "comparators",
    r"rehearsals?": "backtest of the recalibration",
    r"beyond[_ ]chance": "significant, the interval excludes zero",
    r"rows_as_lanes|come_up": "batch kernel, unwind",
    r"Peers": "equally good models",
    r"top_overlap": "top-k overlap",
    r"sureness|Doubted": "uncertainty",
    r"familiarity|Familiar|familiar_with": "training profile, out-of-distribution",
    r"withheld": "abstained",
    r"outcome_flips": "label noise",
    r"waiting[_ ]rules?|WaitingRule": "deferred rule",
    r"column_signs?|ColumnSign": "single-feature AUC, leakage",
    r"hidden_cells": "suppression",
    r"fit_until_no_better": "early stopping",
    r"QUICKER": "learning-rate factor of the tuning",
    r"later_risk": "out-of-fold risk",
    r"flagged_by|more_hits": "flags of a policy, extra true positives",
    r"observed_less_expected": "observed minus expected",
    r"tuned_trees|tuned_logistic": "tune_lightgbm, tune_logistic",
    r"LASTING|BEYOND": "persistence, residual variance",
    r"ScreeningModel": "RiskModel",
    r"level_of": "recent shift",
    r"Habits": "CsvDialect",
    r"made-up municipality": "synthetic municipality",
}
# Here an old name stands because it is refused, or turned into the new one.
REFUSED_IN = {"src/riskscreen/spec/retired.py", "src/riskscreen/readers/site_toml.py"}
FOLDERS = ("src", "pipelines", "models", "docs", "examples", "benchmarks")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
KINDS = {".py", ".toml", ".md", ".html", ".jinja", ".j2"}


@pytest.fixture(scope="module")
def texts():
    """Code, keys, templates and pages by their path."""
    paths = [ROOT / page for page in PAGES]
    for folder in FOLDERS:
        paths += [p for p in (ROOT / folder).rglob("*") if p.suffix in KINDS]
    return {
        name: path.read_text("utf-8")
        for path in paths
        if (name := path.relative_to(ROOT).as_posix()) not in REFUSED_IN
    }


@pytest.mark.slow
@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_stands_nowhere(word, texts):
    whole = re.compile(rf"(?<![A-Za-z0-9])_?({word})(?![A-Za-z0-9])")
    found = [
        f"{name}:{text[: match.start()].count(chr(10)) + 1}: {match.group()}"
        for name, text in texts.items()
        for match in whole.finditer(text)
    ]
    assert found == [], f"the field says: {RETIRED[word]}"
