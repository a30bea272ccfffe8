"""A reform ten months before the extract: what a list of known changes brings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from benchmarks.light_fit import MODELS, lighten, read_made
from benchmarks.policy_rows import Row
from riskscreen.model.calibration import to_risk
from riskscreen.spec import read_specification
from riskscreen.training import ship_model, train
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen_synthetic import synthesise_site

TARGETS = ("long_absence", "long_unemployment", "long_benefit")
REFORM = date(2024, 3, 6)
"""Ten months before the synthetic extract of 6 January 2025."""

_NEWEST_DAYS = 91
_WITHIN = 0.025


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield how far the newest quarter's mean risk lies from the truth, by target.

    Light fits of the shipped model, with the site's list of known changes and without
    it; *quick* is a smoke size.
    """
    draws, cases = (1, 1_200) if quick else (3, 12_000)
    for target in TARGETS[: 1 if quick else None]:
        found = [_measure_draw(target, seed, cases) for seed in range(draws)]
        with_list, without = np.mean(found, axis=0).tolist()
        shown = ", ".join(f"{w:+.4f} ({o:+.4f})" for w, o in found)
        yield Row(
            f"reform ten months before the extract, {target}, {draws} draws: newest "
            "intake's shown less true, with the list (without)",
            f"{shown}; mean {with_list:+.4f} ({without:+.4f})",
            f"within {_WITHIN}",
            abs(with_list) <= _WITHIN,
        )


def _measure_draw(target: str, seed: int, cases: int) -> tuple[float, float]:
    """Return shown less true of one draw's newest intake, with the list and without."""
    made = synthesise_site(cases=cases, years=6, seed=70 + seed, reform=REFORM)
    spec = lighten(read_specification(MODELS / f"{target}.toml"))
    dataset = read_made(made, spec.model_copy(update={"audit": {}}))
    result = train(dataset)
    days = dataset.cases["decision_date"]
    newest = (days > days.max() - np.timedelta64(_NEWEST_DAYS, "D")).to_numpy()
    truth = made.targets[target].truth.set_index("case_id")["risk"]
    true = truth.reindex(dataset.cases["case_id"][newest]).to_numpy()
    away = []
    for known in (dataset, replace(dataset, reforms=())):
        model = ship_model(result, known).model
        shown = to_risk(predict_log_odds(model, dataset.features[newest]))
        away.append(float(np.mean((shown - true)[np.isfinite(true)])))
    return away[0], away[1]
