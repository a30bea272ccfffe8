"""What a score costs: the marginal case, the start of a command, and one warm case.

Run: python -m benchmarks.scoring [--model FOLDER] [--cases 10000 100000], after
make demo, whose model of long absence scores.

Every figure is processor time, the median of several runs in processes of their own,
for a machine has other work; the load is printed. A case is read from CSV, checked,
joined with ten spells of its citizen, scored, explained, given its interval and
written. The peer is the usual stack on the same rows: windows by pandas,
booster.predict, shap.TreeExplainer, and Parquet out. It checks nothing, routes nobody
and knows no interval.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.two_doors import (
    EXTRACTED,
    TARGET,
    peak,
    score,
    some_cases,
    write_country,
)
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.one_case import score_json
from riskscreen_synthetic import synthesise_site

WINDOWS = (4, 13, 26, 52, 156, 260)
GROUPS = 9
EXPLAINED = 2_000
"""TreeExplainer is asked of so many rows, and its time scaled: of all it takes long."""


def write_site(site: Path, n: int) -> None:
    """*n* open cases with a citizen and ten spells each, and one of them as a form."""
    write_country(site / "history", n)
    made = synthesise_site(cases=2_000).targets[TARGET].cases
    cases = some_cases(made, n, n, weeks=2, seed=2)
    cases.to_csv(site / "open.csv", index=False)
    (site / "site.toml").write_text(
        f"extract_date = {EXTRACTED}\nsynthetic = true\n[intake.{TARGET}]\n"
        'path = "open.csv"\n'
    )


def write_questions(site: Path) -> None:
    """Ten of the open cases with their citizens' spells, each as a form sends it."""
    cases = pd.read_csv(site / "open.csv").head(10)
    history = pd.read_parquet(site / "history")
    questions = []
    for case in json.loads(cases.to_json(orient="records")):
        own = history[history["person_id"] == case["person_id"]]
        spells = own.drop(columns="person_id").astype("str").to_dict("records")
        questions.append({"case": case, "history": spells})
    (site / "questions.json").write_text(json.dumps(questions))
    (site / "question.json").write_text(json.dumps(questions[0]))


def score_all(site: Path, model: Path) -> None:
    """Score every open case by the command."""
    score(site, model)
    print(f"{time.process_time():.3f} {peak():.3f}")


def score_warm(site: Path, model: Path) -> None:
    """Score the questions one by one with one loaded model."""
    loaded = open_approved(model).model
    texts = [
        json.dumps(one) for one in json.loads((site / "questions.json").read_text())
    ]
    took = []
    for text in [*texts[:3], *texts]:
        began = time.process_time()
        score_json(loaded, text, as_of=date.fromisoformat(str(EXTRACTED)))
        took.append(time.process_time() - began)
    print(f"{statistics.median(took[3:]):.5f} {peak():.3f}")


def score_usually(site: Path, model: Path) -> None:
    """The usual stack: weeks by group and window, a booster, its explainer."""
    import lightgbm  # noqa: PLC0415  (the peer's)
    import shap  # noqa: PLC0415

    began = time.process_time()
    cases = pd.read_csv(site / "open.csv", parse_dates=["decision_date"])
    spells = pd.read_parquet(site / "history")
    joined = cases[["case_id", "person_id", "decision_date"]].merge(spells)
    group = joined["code"].astype("str").str[:2]
    features = {}
    for weeks in WINDOWS:
        first = joined["decision_date"] - pd.Timedelta(weeks=weeks)
        start = pd.to_datetime(joined["start_date"]).clip(lower=first)
        end = pd.to_datetime(joined["end_date"]).clip(upper=joined["decision_date"])
        days = (end - start).dt.days.clip(lower=0)
        table = days.groupby([joined["case_id"], group]).sum().unstack(fill_value=0)
        features |= {f"{name}_{weeks}": table[name] for name in table}
    booster = lightgbm.Booster(model_file=str(model / "model.txt"))
    n = booster.num_feature()
    values = pd.DataFrame(features).reindex(cases["case_id"]).to_numpy(float)
    # As many columns as the booster has; what stands in them costs the same.
    values = np.resize(np.nan_to_num(values), (len(cases), n))
    risk = booster.predict(values)
    read = time.process_time() - began
    explainer = shap.TreeExplainer(booster)
    began = time.process_time()
    shares = explainer(values[:EXPLAINED]).values
    explained = (time.process_time() - began) * len(cases) / len(shares)
    began = time.process_time()
    cases.assign(risk=risk).to_parquet(site / "usual.parquet")
    print(f"{read + explained + time.process_time() - began:.3f} {peak():.3f}")


STEPS = {"all": score_all, "warm": score_warm, "usual": score_usually}


def run(step: str, site: Path, model: Path) -> tuple[float, float]:
    """Return the processor seconds and the peak memory (GiB) of a step."""
    command = [sys.executable, "-m", "benchmarks.scoring", "--step", step]
    command += ["--site", str(site), "--model", str(model)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, memory = done.stdout.splitlines()[-1].split()
    return float(seconds), float(memory)


def start(site: Path, model: Path, *, kernels: Path | None = None) -> float:
    """Return the processor seconds of the command that scores one case."""
    before = os.times()
    subprocess.run(
        [
            *(sys.executable, "-m", "riskscreen", "score"),
            *("--json", str(site / "question.json"), "--model", str(model)),
            *("--as-of", str(EXTRACTED)),
        ],
        check=True,
        capture_output=True,
        env=os.environ | ({"NUMBA_CACHE_DIR": str(kernels)} if kernels else {}),
    )
    after = os.times()
    return (
        after.children_user
        + after.children_system
        - before.children_user
        - before.children_system
    )


def print_row(measure: str, found: str, must: str) -> None:
    """Print one row of the table."""
    print(f"| {measure} | {found} | {must} |", flush=True)


def main() -> None:
    """Print each row beside what is asked for and its peer."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, nargs=2, default=(10_000, 100_000))
    asked.add_argument("--model", type=Path, default=Path("out/models") / TARGET)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--step", choices=STEPS)
    asked.add_argument("--site", type=Path)
    given = asked.parse_args()
    if given.step:
        STEPS[given.step](given.site, given.model)
        return
    trees = re.findall(r"^Tree=", (given.model / "model.txt").read_text(), re.MULTILINE)
    few, many = given.cases
    print(f"{len(trees)} trees; processor time, medians of {given.runs}")
    print("| measure | found | must |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        folders = {n: Path(place) / str(n) for n in (few, many)}
        for n, site in folders.items():
            site.mkdir()
            write_site(site, n)
        write_questions(folders[few])
        turns = range(given.runs)
        took = {
            n: statistics.median(run("all", site, given.model)[0] for _ in turns)
            for n, site in folders.items()
        }
        marginal = (took[many] - took[few]) / (many - few)
        print_row(
            f"one case more ({few:,} → {many:,})", f"{1e6 * marginal:.0f} µs", "30 µs"
        )
        memory = run("all", folders[many], given.model)[1]
        print_row(f"{many:,} cases", f"{took[many]:.1f} s, peak {memory:.2f} GiB", "–")
        usual = run("usual", folders[few], given.model)[0]
        print_row(
            f"the usual stack, {few:,} cases (explained: {EXPLAINED:,}, scaled)",
            f"{usual:.1f} s, {usual / took[few]:.1f} × ours with its start",
            "printed",
        )
        site = folders[few]
        start(site, given.model)  # the kernels are cached after it
        begun = statistics.median(start(site, given.model) for _ in turns)
        fresh = start(site, given.model, kernels=Path(place) / "kernels")
        print_row(
            "command start to first scored case",
            f"{begun:.2f} s (first run on a machine {fresh:.1f} s)",
            "1.5 s",
        )
        warm = statistics.median(run("warm", site, given.model)[0] for _ in turns)
        print_row("one warm case, explained", f"{1e3 * warm:.0f} ms", "10 ms")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
