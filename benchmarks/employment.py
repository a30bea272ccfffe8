"""What DREAM's months of employment bring to a target, on the synthetic municipality.

Run: python -m benchmarks.employment [--target long_absence] [--cases 5000] [--seeds 1
2 3] [--kind logistic]. Of each seed it trains the target as it ships, and with the
table that models/_employment.toml declares, on the same cases, and prints on the same
test cases the mean distance to the true risk of both, their share of the signal, and
the expected log-loss under the true risk, with less without. Nothing in a synthetic
course leans on work: all that the months can tell is the seniority that the file lacks.
"""

import argparse
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.quality import expected_auc, with_truth
from riskscreen.spec import read_specification
from riskscreen.spec.resolved import SHIPPED_MODELS
from riskscreen.training import prepare, train
from riskscreen_synthetic import synthesise_site, write_site

BASES = '"_sick_listed"'
TABLE = '"_employment"'


def read_with_table(target, folder):
    """The specification of *target*, with the shipped table of employment."""
    for path in SHIPPED_MODELS.glob("_*.toml"):
        copyfile(path, folder / path.name)
    text = (SHIPPED_MODELS / f"{target}.toml").read_text("utf-8")
    base = BASES if BASES in text else '"_every_target"'
    head, _, rest = text.partition("\n[")
    own = head.replace(base, f"{base}, {TABLE}", 1) + "\n[" + rest
    (folder / f"{target}.toml").write_text(own, "utf-8")
    return read_specification(folder / f"{target}.toml")


def measure(spec, site, truth, kind):
    """(distance, share of signal, expected log-loss, features) of one model."""
    prepared = prepare(spec, site)
    result = train(prepared, kind=kind)
    test = with_truth(result.test_cases, truth)
    true = truth[test["case_id"]].to_numpy()
    features = prepared.features.iloc[test.index.to_numpy()]
    risk = result.model.score(features).risk
    loss = -(true * np.log(risk) + (1 - true) * np.log1p(-risk)).mean()
    return (
        float(np.abs(risk - true).mean()),
        (expected_auc(true, risk) - 0.5) / (expected_auc(true, true) - 0.5),
        float(loss),
        len(features.columns),
    )


def main():
    """Print a line a seed, and the mean over seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="long_absence")
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--kind", default="logistic")
    given = parser.parse_args()
    differences = []
    print(
        "seed | distance without, with | signal without, with | log-loss with - without"
    )
    for seed in given.seeds:
        made = synthesise_site(cases=given.cases, seed=seed, employment=True)
        truth = made.targets[given.target].truth.set_index("case_id")["risk"]
        with TemporaryDirectory() as name:
            folder = Path(name)
            write_site(made, folder / "site")
            plain = read_specification(SHIPPED_MODELS / f"{given.target}.toml")
            (folder / "models").mkdir()
            more = read_with_table(given.target, folder / "models")
            without = measure(plain, folder / "site", truth, given.kind)
            beside = measure(more, folder / "site", truth, given.kind)
        differences.append(beside[2] - without[2])
        print(
            f"{seed} | {without[0]:.4f}, {beside[0]:.4f} | {without[1]:.4f}, "
            f"{beside[1]:.4f} | {differences[-1]:+.5f} "
            f"({beside[3] - without[3]} features more)",
            flush=True,
        )
    print(f"mean over {len(differences)} seeds: {np.mean(differences):+.5f}")


if __name__ == "__main__":
    main()
