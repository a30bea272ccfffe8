"""What agrees with outside numbers: published values, and other libraries' own tests.

    OMP_NUM_THREADS=1 python -m tests.oracles.agree [--data DIR]

Prints source, theirs, ours and ok/DIFFERS; exits 1 where something differs. Peers that
are not installed are skipped and counted. DIR may hold SYNPM.rda (GitHub
GlenMartin31/predRupdate, data/) and testdata.rda, traindata.rda (GitHub
BavoDC/CalibrationCurves, data/). Situations and numbers only; no peer's code.
"""

import argparse
import sys
import warnings
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy import integrate
from scipy.special import expit

from tests.oracles import adapter as ours

RESULTS = {"ok": 0, "DIFFERS": 0, "skipped": 0}


def same(what, theirs, found, tolerance=1e-9):
    theirs, found = np.asarray(theirs, float), np.asarray(found, float)
    away = float(np.max(np.abs(theirs - found))) if theirs.size else 0.0
    said = "ok" if away <= tolerance else "DIFFERS"
    RESULTS[said] += 1

    def short(values):
        return np.array2string(values.ravel()[:5], precision=6)

    print(f"{said:8}{what}: theirs {short(theirs)} ours {short(found)} ±{tolerance:g}")


def section(function):
    try:
        function()
    except ImportError as missing:
        RESULTS["skipped"] += 1
        print(f"skipped {function.__name__}: {missing}")


# --- 1. SHAP against LightGBM's pred_contrib, in shap's and LightGBM's situations -----
QUIET = {"verbosity": -1, "num_threads": 1, "seed": 1, "deterministic": True}


def trees(settings, X, y, rounds=20, **dataset):
    held = {**QUIET, "objective": "binary", **settings, "force_row_wise": True}
    data = lgb.Dataset(X, label=y, params=held, free_raw_data=False, **dataset)
    return lgb.train(held, data, rounds)


def shap_situations():
    draw = np.random.default_rng(0)
    n = 1500
    X = draw.normal(size=(n, 6))
    y = (draw.random(n) < expit(X[:, 0] + X[:, 1] * X[:, 2])).astype(float)
    gaps = np.where(draw.random(X.shape) < 0.2, np.nan, X)
    zeros = np.where(draw.random(X.shape) < 0.3, 0.0, gaps)
    edge = (np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 2e-35, np.inf, -np.inf, 1e300)
    probe = np.vstack([zeros[:150], *(np.full((1, 6), v) for v in edge)])
    groups = draw.integers(0, (30, 400, 3, 9, 9, 9), (n, 6)).astype(float)
    groups[draw.random(groups.shape) < 0.15] = np.nan
    strange = (np.nan, -1, -0.5, 29.7, 1000, 2.0**31, 2.0**32, np.inf, -np.inf)
    asked = np.vstack([groups[:150], *(np.full((1, 6), v) for v in strange)])
    few = np.zeros(n)
    few[:3] = 1
    columns = [0, 1, 2]
    up = [1, 1, -1, 0, 0, 0]
    first = trees({}, X, y, 8)
    second = {"zero_as_missing": True}
    mixed = lgb.train(
        {**QUIET, "objective": "binary", **second},
        lgb.Dataset(zeros, label=y, params=second),
        8,
        init_model=first,
    )
    left = trees({}, X, y, 5)
    left.set_leaf_output(2, 1, 100.0)
    loose = {"min_data_per_group": 1, "cat_smooth": 0.1, "max_cat_to_onehot": 1}
    plain = {
        "missing: none": ({}, X),
        "missing: NaN": ({}, gaps),
        "zero_as_missing": ({"zero_as_missing": True}, zeros),
        "use_missing=false": ({"use_missing": False}, zeros),
        "no boost_from_average": ({"boost_from_average": False}, X),
        "single leaves": ({"min_data_in_leaf": n}, X),
        "dart": ({"boosting": "dart"}, gaps),
        "goss": ({"data_sample_strategy": "goss"}, gaps),
        "quantized": ({"use_quantized_grad": True}, gaps),
        "cegb": ({"cegb_penalty_split": 1e-4, "cegb_tradeoff": 0.5}, gaps),
        "extra_trees": ({"extra_trees": True}, gaps),
        "path_smooth": ({"path_smooth": 10.0}, gaps),
        "cross_entropy": ({"objective": "cross_entropy"}, gaps),
        "poisson": ({"objective": "poisson"}, gaps),
        "monotone basic": ({"monotone_constraints": up}, gaps),
        "monotone advanced": (
            {
                "monotone_constraints": up,
                "monotone_constraints_method": "advanced",
            },
            gaps,
        ),
        "scale_pos_weight 500": ({"scale_pos_weight": 500}, gaps),
        "max_bin 2": ({"max_bin": 2}, gaps),
        "no minimum in leaves": (
            {"min_data_in_leaf": 0, "num_leaves": 300},
            gaps,
        ),
    }
    models = {name: (trees(held, Z, y), probe) for name, (held, Z) in plain.items()}
    models |= {
        "constant outcome": (trees({}, X, np.ones(n)), probe),
        "constant column": (trees({}, np.ones((n, 6)), y), probe),
        "3 of 1,500 positive": (trees({"min_data_in_leaf": 1}, X, few), probe),
        "weights 1e-6..1e6": (
            trees({}, X, y, weight=10 ** draw.uniform(-6, 6, n)),
            probe,
        ),
        "init_score": (trees({}, X, y, init_score=3 * X[:, 0]), probe),
        "continued, missing type changes": (mixed, probe),
        "refit on other data": (first.refit(zeros, 1 - y), probe),
        "set_leaf_output": (left, probe),
        "one column, 200 leaves": (
            trees({"num_leaves": 200, "min_data_in_leaf": 1}, X[:, :1], y),
            probe[:, :1],
        ),
    }
    for name, held in {
        "categories with NaN": {},
        "one-hot categories": {"max_cat_to_onehot": 999},
        "categories, small groups": loose,
        "categories, max_bin 5": {"max_bin": 5},
    }.items():
        made = trees(held, groups, y, categorical_feature=columns)
        models[name] = (made, asked)
    for name, (booster, rows) in models.items():
        whole = lgb.Booster(model_str=booster.model_to_string())
        theirs = whole.predict(rows, pred_contrib=True, num_threads=1)
        found, base = ours.shap(whole.model_to_string(), rows)
        size = 1e-9 * max(1.0, np.abs(theirs).max())
        same(
            f"pred_contrib, {name}",
            theirs,
            np.c_[found, np.full(len(rows), base)],
            size,
        )
        alone = np.vstack(
            [ours.shap(whole.model_to_string(), r[None])[0] for r in rows[:5]]
        )
        same(f"one row alone, {name}", found[:5], alone, 0.0)
    many = np.arange(30000.0)[:, None]
    wide = {"max_bin": 40000, "min_data_in_bin": 1, "max_cat_threshold": 40000, **loose}
    booster = trees(wide, many, many[:, 0] % 2, 2, categorical_feature=[0])
    theirs = booster.predict(many[:200], pred_contrib=True)
    same(
        "pred_contrib, 30,000 categories",
        theirs[:, 0],
        ours.shap(booster.model_to_string(), many[:200])[0][:, 0],
    )
    refused = {
        "rf": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        "linear_tree": {"linear_tree": True},
        "multiclass": {"objective": "multiclass", "num_class": 3},
    }
    for name, held in refused.items():
        target = draw.integers(0, 3, n) if name == "multiclass" else y
        text = trees(held, X, target, 3).model_to_string()
        try:
            ours.shap(text, X[:2])
            same(f"refused in words: {name}", 1, 0)
        except ours.Refused:
            same(f"refused in words: {name}", 1, 1)


def shap_exact():
    """Rational arithmetic: the integral over one number, path by path (Owen 1972)."""
    draw = np.random.default_rng(3)
    Z = (draw.random((6000, 40)) < 0.9).astype(float)
    ends = np.where(Z.all(1), 40, Z.argmin(1)).astype(float)
    held = {"objective": "regression", "num_leaves": 60, "min_data_in_leaf": 1}
    booster = trees(held, Z, ends**2, 1)
    root = booster.dump_model()["tree_info"][0]["tree_structure"]

    def rows_at(node):
        return Fraction(node.get("leaf_count", node.get("internal_count")))

    def product(a, b):
        out = [Fraction(0)] * (len(a) + len(b) - 1)
        for i, u in enumerate(a):
            for j, v in enumerate(b):
                out[i + j] += u * v
        return out

    def walk(node, x, path, phi):
        if "leaf_value" in node:
            for f, (o, r) in path.items():
                p = [Fraction(1)]
                for g, (og, rg) in path.items():
                    p = product(p, [rg, og - rg]) if g != f else p
                mean = sum(c / (k + 1) for k, c in enumerate(p))
                phi[f] += Fraction(node["leaf_value"]) * (o - r) * mean
            return
        f = node["split_feature"]
        left = x[f] <= node["threshold"]
        for child, goes in (
            (node["left_child"], left),
            (node["right_child"], not left),
        ):
            o, r = path.get(f, (Fraction(1), Fraction(1)))
            walk(
                child,
                x,
                {**path, f: (o * int(goes), r * rows_at(child) / rows_at(node))},
                phi,
            )

    rows = np.vstack([Z[:2], np.ones(40)])
    exact = np.zeros(rows.shape)
    for i, x in enumerate(rows):
        phi = [Fraction(0)] * 40
        walk(root, x, {}, phi)
        exact[i] = [float(v) for v in phi]
    found = ours.shap(booster.model_to_string(), rows)[0]
    same(
        "Shapley values in fractions, 40 features on one path",
        exact,
        found,
        1e-12 * np.abs(exact).max(),
    )
    theirs = booster.predict(rows, pred_contrib=True)[:, :-1]
    print(
        f"        (LightGBM's own is off by {np.abs(theirs - exact).max():.1e} there; "
        f"ours by {np.abs(found - exact).max():.1e})"
    )
    phi = draw.normal(size=(20, 4)) * 3
    split = [
        [
            r[k]
            * integrate.quad(
                lambda t, r=r: expit(-1.3 + t * r.sum()) * expit(1.3 - t * r.sum()),
                0,
                1,
            )[0]
            for k in range(4)
        ]
        for r in phi
    ]
    same("Aumann-Shapley by quadrature", split, ours.points(phi, -1.3), 1e-9)


# --- 2. figures -----------------------------------------------------------------------
def published_figures():
    ratings = np.repeat([1, 2, 3, 4, 5] * 2, [33, 6, 6, 11, 2, 3, 2, 2, 11, 33])
    sick = np.repeat([0, 1], [58, 51])
    same(
        "AUC, Hanley & McNeil 1982 table I",
        0.893,
        ours.figure("auc", sick, ratings),
        5e-4,
    )
    four, scores = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    same("AUC, scikit-learn docs", 0.75, ours.figure("auc", four, scores))
    same(
        "average precision, scikit-learn docs",
        5 / 6,
        ours.figure("average_precision", four, scores),
    )
    same(
        "Brier, scikit-learn docs",
        0.0375,
        ours.figure("brier", [0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]),
    )
    same(
        "log-loss, scikit-learn docs",
        0.21616,
        ours.figure("log_loss", [1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]),
        5e-6,
    )
    newcombe = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (k, n), ends in newcombe.items():
        same(f"Wilson {k}/{n}, Newcombe 1998 table I", ends, ours.wilson(k, n), 5e-5)
    # CRAN pmsampsize 1.1.x, tests/testthat/test_bin.R 4.1-4.4 (Chagas, Riley 2018)
    sizes = {
        (0.288, 24, 0.174): (623, 662, 221, 662),
        (0.55, 24, 0.174): (255, 532, 221, 532),
        (0.288, 36, 0.174): (934, 992, 221, 992),
        (0.288, 24, 0.25): (623, 590, 289, 623),
    }
    for (r2, parameters, rate), expected in sizes.items():
        found = ours.sample_size(662, parameters=parameters, base_rate=rate, r2=r2)
        same(f"pmsampsize R²={r2} p={parameters} φ={rate}", expected, found[:4], 0)
    found = ours.sample_size(5249, parameters=30, base_rate=0.05, r2=0.05)
    same("Riley 2020 BMJ m441, pre-eclampsia", 5249, found[3], 0)
    same("its expected shrinkage", 0.9, found[4], 5e-4)
    rates = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01)
    same(
        "largest Cox-Snell R², Riley 2020",
        (0.75, 0.74, 0.71, 0.63, 0.48, 0.33, 0.11),
        [round(ours.largest_r2(r), 2) for r in rates],
        0,
    )


def against_sklearn():
    from sklearn import calibration, metrics

    draw = np.random.default_rng(0)
    y, w = draw.integers(0, 2, 500), draw.integers(0, 4, 500).astype(float)
    p = draw.random(500).round(2)
    for name, theirs in {
        "auc": metrics.roc_auc_score,
        "average_precision": metrics.average_precision_score,
        "brier": metrics.brier_score_loss,
    }.items():
        same(
            f"{name} with ties and weights, scikit-learn",
            theirs(y, p, sample_weight=w),
            ours.figure(name, y, p, w),
        )
    p = draw.beta(2, 5, 4000).round(3)
    y = (draw.random(4000) < p).astype(float)
    curve = np.column_stack(
        calibration.calibration_curve(y, p, n_bins=10, strategy="quantile")
    )
    same("reliability bins, sklearn.calibration_curve", curve, ours.bins(y, p))


def fits():
    import statsmodels.api as sm
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression

    data = sm.datasets.spector.load_pandas()
    X, y = data.exog.to_numpy(float), data.endog.to_numpy(float)
    names = [*data.exog.columns, "const"]
    design = np.column_stack([X, np.ones(len(y))])
    greene = {"GPA": 2.82611, "TUCE": 0.09516, "PSI": 2.37869, "const": -13.02135}
    same(
        "Spector & Mazzeo, Greene table (statsmodels)",
        [greene[k] for k in names],
        ours.maximum_likelihood(design, y),
        5e-5,
    )
    same(
        "the same by the bounded search, no penalty",
        [greene[k] for k in names],
        ours.penalised(X, y, 1e-9),
        5e-5,
    )
    many = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    glm = sm.GLM(y, design, family=sm.families.Binomial(), freq_weights=many).fit(
        tol=1e-14
    )
    same(
        "weighted fit, statsmodels GLM",
        glm.params,
        ours.maximum_likelihood(design, y, many),
        1e-6,
    )
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(0)) / X.std(0)
    for penalty in (100.0, 10.0, 1.0):
        peer = LogisticRegression(
            C=1 / penalty, solver="newton-cholesky", tol=1e-12, max_iter=999
        ).fit(X, y)
        made = ours.penalised(X, y, penalty)
        same(
            f"ridge {penalty:g}, scikit-learn (risks)",
            peer.predict_proba(X)[:, 1],
            expit(X @ made[:-1] + made[-1]),
            2e-4,
        )
    X, y = X[:, :8], y.astype(float)
    bounds = [(0, None)] * 3 + [(None, 0)] * 5 + [(None, None)]
    made = ours.penalised(X, y, 1.0, bounds)
    free = np.flatnonzero(np.abs(made[:-1]) > 1e-9)
    peer = LogisticRegression(
        C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=999
    ).fit(X[:, free], y)
    same(
        "bounded ridge = scikit-learn on the free columns",
        np.r_[peer.coef_[0], peer.intercept_],
        made[[*free, -1]],
        2e-3,
    )
    slope = X.T @ (expit(X @ made[:-1] + made[-1]) - y)
    wrong = [
        j for j in range(8) if j not in free and slope[j] * (1 if j < 3 else -1) < 0
    ]
    same("and no bound column would rather move (Kuhn-Tucker)", 0, len(wrong), 0)
    draw = np.random.default_rng(0)
    X = (draw.random((3000, 4)) < 0.4).astype(float)
    y = (draw.random(3000) < expit(X @ [1, -0.5, 0.3, 0] - 0.7)).astype(float)
    made = ours.fitted(X, y, kind="flag", penalty=1e-6)
    peer = sm.Logit(y, sm.add_constant(X - X.mean(0))).fit(disp=0, tol=1e-14)
    same(
        "flags, unpenalised, statsmodels Logit",
        peer.params[1:],
        made["coefficients"],
        1e-4,
    )
    same(
        "covariance of the coefficients",
        peer.cov_params()[1:, 1:],
        made["covariance"][:4, :4],
        1e-5,
    )
    odds = draw.normal(size=3000) * 1.2 - 1
    y = (draw.random(3000) < expit(0.7 * odds + 0.3 * np.sin(2 * odds))).astype(float)
    peer = sm.GLM(y, sm.add_constant(odds), family=sm.families.Binomial()).fit(
        tol=1e-14
    )
    same("Platt's line, statsmodels GLM", peer.params[::-1], ours.platt(odds, y), 1e-6)
    same(
        "calibration slope, statsmodels GLM",
        peer.params[1],
        ours.figure("slope", y, expit(odds)),
        1e-6,
    )
    k = np.quantile(odds, [0.05, 0.35, 0.65, 0.95])  # Harrell's four knots

    def cube(at):
        return (odds - at).clip(0) ** 3

    bends = [
        (
            cube(k[j])
            - cube(k[2]) * (k[3] - k[j]) / (k[3] - k[2])
            + cube(k[3]) * (k[2] - k[j]) / (k[3] - k[2])
        )
        / (k[3] - k[0]) ** 2
        for j in (0, 1)
    ]
    spline = np.column_stack([np.ones(3000), odds, *bends])
    away = np.abs(
        sm.GLM(y, spline, family=sm.families.Binomial()).fit(tol=1e-12).fittedvalues
        - expit(odds)
    )
    theirs = [away.mean(), np.median(away), np.quantile(away, 0.9), away.max()]
    same(
        "ICI, E50, E90, Emax on Harrell's spline",
        theirs,
        ours.calibration_errors(y, expit(odds)),
        5e-4,
    )


def decision_curves():
    import dcurves

    table = pd.read_csv(Path(dcurves.__file__).parent / "data" / "df_binary.csv")
    y, thresholds = table["cancer"].astype(int), tuple(i / 100 for i in range(1, 100))
    found = ours.net_benefit(
        y,
        table["cancerpredmarker"],
        thresholds,
        {"famhistory": table["famhistory"].to_numpy()},
    )
    # R dcurves on df_binary, as the Python package's own tests hold it
    # (r_dca_famhistory.csv).
    r = {
        "famhistory": (
            0.025614035087719297,
            0.018518518518518517,
            0.0016666666666666635,
            -0.08933333333333335,
        )
    }
    r["all"] = (0.09473684210526317, 0.04444444444444445, -0.07499999999999998, -0.72)
    at = [thresholds.index(t) for t in (0.05, 0.10, 0.20, 0.50)]
    for name, values in r.items():
        same(
            f"net benefit of {name} at 5, 10, 20, 50 %, R dcurves",
            values,
            found[name][at],
            1e-12,
        )
    peer = dcurves.dca(
        data=table.assign(cancer=y),
        outcome="cancer",
        modelnames=["cancerpredmarker"],
        thresholds=thresholds,
    )
    for theirs, mine in (
        ("cancerpredmarker", "model"),
        ("all", "all"),
        ("none", "none"),
    ):
        values = peer[peer["model"] == theirs].sort_values("threshold")["net_benefit"]
        same(
            f"net benefit of {theirs} at 99 thresholds, Python dcurves",
            values,
            found[mine],
            1e-12,
        )


def validation_packages(folder):
    if not folder or not (folder / "SYNPM.rda").exists():
        raise ImportError("no --data with SYNPM.rda, testdata.rda, traindata.rda")
    import pyreadr
    import rdata
    import statsmodels.api as sm

    held = rdata.read_rda(str(folder / "SYNPM.rda"))["SYNPM"]
    cases, model = held["ValidationData"], held["Existing_logistic_models"].iloc[0]
    columns = [c for c in model.index if c != "Intercept"]
    risk = expit(
        model["Intercept"]
        + cases[columns].to_numpy(float) @ model[columns].to_numpy(float)
    )
    y = cases["Y"].to_numpy(float)
    # predRupdate, tests/testthat/_snaps/pred_validate_logistic.md
    told = {"intercept": 0.7323, "slope": 0.6484, "auc": 0.5814, "brier": 0.1249}
    for name, value in told.items():
        same(f"{name}, predRupdate snapshot", value, ours.figure(name, y, risk), 5e-5)
    r2 = ours.cox_snell(ours.figure("log_loss", y, risk), y.mean())
    same(
        "Cox-Snell and Nagelkerke R², predRupdate snapshot",
        (-0.0481, -0.0863),
        (r2, r2 / ours.largest_r2(y.mean())),
        5e-5,
    )
    ends = {
        "intercept": (0.6921, 0.7726),
        "slope": (0.5576, 0.7392),
        "auc": (0.5702, 0.5927),
        "brier": (0.1219, 0.1279),
    }
    for name, value in ends.items():
        same(
            f"95 % interval of {name}: Wald there, bootstrap here",
            value,
            ours.interval(name, y, risk)[1:],
            0.25 * (value[1] - value[0]),
        )
    taught = pyreadr.read_r(str(folder / "traindata.rda"))["traindata"]
    test = pyreadr.read_r(str(folder / "testdata.rda"))["testdata"]
    fit = sm.Logit(
        taught["y"].astype(float), sm.add_constant(taught.drop(columns="y"))
    ).fit(disp=0)
    risk, y = (
        fit.predict(sm.add_constant(test.drop(columns="y"))).to_numpy(),
        test["y"].to_numpy(float),
    )
    odds = np.log(risk / (1 - risk))
    glm = sm.GLM(
        y, np.ones((len(y), 1)), family=sm.families.Binomial(), offset=odds
    ).fit(tol=1e-14)
    same(
        "calibration in the large, CalibrationCurves' data by GLM",
        glm.params[0],
        ours.figure("intercept", y, risk),
        1e-6,
    )


# --- state occupation, groups ---------------------------------------------------------
def as_states(event, time):
    """0 censored, 1 out, 2 left; whole times from 1, an event before a censoring."""
    grid = tuple(sorted({int(t) for t in time}))
    states = np.full((len(time), len(grid)), 3)
    for i, (kind, at) in enumerate(zip(event, time, strict=True)):
        for j, week in enumerate(grid):
            if week < at or (week == at and kind == 0):
                states[i, j] = 0
            elif kind > 0:
                states[i, j] = kind
    return states, grid


def kaplan_meier():
    weeks = [
        6,
        6,
        6,
        6,
        7,
        9,
        10,
        10,
        11,
        13,
        16,
        17,
        19,
        20,
        22,
        23,
        25,
        32,
        32,
        34,
        35,
    ]
    relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    states, grid = as_states(relapse, weeks)
    inside, _, _ = ours.occupation(states, grid)
    at = [grid.index(t) for t in (6, 7, 10, 13, 16, 22, 23)]
    same(
        "6-MP, Freireich 1963 (Cox & Oakes table 1.1)",
        (0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448),
        inside[at],
        5e-4,
    )


def competing_risks():
    from lifelines import AalenJohansenFitter
    from sksurv.datasets import load_bmt, load_cgvhd
    from sksurv.nonparametric import cumulative_incidence_competing_risks

    for name, load in (
        ("bmt", load_bmt),
        ("cgvhd", load_cgvhd),
    ):  # sksurv's tests: Pintilie, SAS
        _, table = load()
        event = np.minimum(np.asarray(table["status"]).astype(int), 2)
        time = np.asarray(table["ftime"], float)
        _, theirs = cumulative_incidence_competing_risks(event, time)
        states, grid = as_states(event, np.searchsorted(np.unique(time), time) + 1)
        _, out, left = ours.occupation(states, grid)
        same(
            f"cumulative incidence, {name}, scikit-survival",
            theirs[1:],
            np.array([out, left]),
            1e-12,
        )
    draw = np.random.default_rng(1)
    event, time = (
        draw.choice([0, 1, 2], 300, p=[0.4, 0.4, 0.2]),
        draw.permutation(300) + 1,
    )
    theirs = AalenJohansenFitter(calculate_variance=False).fit(
        time, event, event_of_interest=1
    )
    states, grid = as_states(event, time)
    same(
        "Aalen-Johansen without ties, lifelines",
        theirs.cumulative_density_.iloc[1:, 0],
        ours.occupation(states, grid)[1],
        1e-12,
    )
    states = draw.integers(0, 2, (200, 6))
    for i, week in enumerate(draw.integers(0, 9, 200)):
        states[i, week:] = 2
    plain = [(states == s).mean(0) for s in range(3)]
    same(
        "with returns, nobody censored: plain shares",
        plain,
        ours.occupation(states, (1, 2, 3, 4, 5, 6)),
        1e-12,
    )


def groups():
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
    )

    draw = np.random.default_rng(0)
    y, risk = draw.integers(0, 2, 3000), draw.random(3000).round(3)
    table = pd.DataFrame(
        {"sex": draw.choice(["m", "k"], 3000), "band": draw.choice(list("abc"), 3000)}
    )
    flags, listed = ours.by_group(y, risk, table, share=0.3)
    same(
        "flags at capacity: no unflagged risk above a flagged one",
        0,
        float(risk[flags == 0].max() > risk[flags == 1].min()),
        0,
    )
    metrics = {
        "selected_share": selection_rate,
        "missed_share": false_negative_rate,
        "needless_share": false_positive_rate,
    }
    for by in (["sex"], ["band"], ["sex", "band"]):
        frame = MetricFrame(
            metrics=metrics,
            y_true=y,
            y_pred=flags.astype(int),
            sensitive_features=table[by],
        ).by_group
        rows = [r for r in listed if r["by"] == tuple(by)]
        theirs = [
            [
                frame.loc[r["values"] if len(by) > 1 else r["values"][0], m]
                for m in metrics
            ]
            for r in rows
        ]
        same(
            f"MetricFrame by {by}",
            theirs,
            [[r[m] for m in metrics] for r in rows],
            1e-12,
        )


# --- 3. time --------------------------------------------------------------------------
def time():
    days = [date(1990, 1, 1) + timedelta(days=k) for k in range(0, 36500, 1)]
    wrong = 0
    for day in days:
        year, week, _ = day.isocalendar()
        first = date.fromisocalendar(year, week, 1)
        wrong += ours.monday_before(day) != first
        wrong += ours.label_of(day) != f"{year % 100:02d}{week:02d}"
        wrong += 1990 <= year < 2090 and ours.monday_of(ours.label_of(day)) != first
    same("ISO weeks and labels 1990-2089, Python's calendar", 0, wrong, 0)
    wrong = 0
    for year in range(
        1991, 2060
    ):  # STAR's DREAMtoolsR, yr2y_: the n-th Thursday is week n
        thursdays = [d for d in days if d.year == year and d.weekday() == 3]
        wrong += sum(
            ours.label_of(d) != f"{year % 100:02d}{i + 1:02d}"
            for i, d in enumerate(thursdays)
        )
    same("weeks of a year, DREAMtoolsR yr2y_", 0, wrong, 0)
    for label in ("y_1453", "y_2100", "y_9200", "y_2154"):
        try:
            ours.monday_of(label)
            same(f"{label} does not exist", 1, 0)
        except ValueError:
            same(f"{label} does not exist", 1, 1)
    wide = pd.DataFrame(
        {
            "person_id": ["1", "2"],
            "y_9201": ["", "1"],
            "y_9202": ["", "2"],
            "y_9203": ["", "2"],
        }
    )
    found = ours.spells_of_wide(
        wide
    )  # heaven importDREAM, its documented example; weeks by ISO
    expected = [
        ("2", "1", date(1991, 12, 30), date(1992, 1, 6)),
        ("2", "2", date(1992, 1, 6), None),
    ]
    same("importDREAM's example (the last week open here)", 1, found == expected, 0)
    year_end = pd.DataFrame(
        {
            "person_id": ["1"] * 3,
            "year": [2020, 2020, 2021],
            "week": [52, 53, 1],
            "code": ["111"] * 3,
        }
    )
    same("weeks 52, 53, 1 are one spell", 1, len(ours.spells_of_long(year_end)), 0)
    draw = np.random.default_rng(0)
    wrong = 0
    for _ in range(
        1500
    ):  # DREAMtoolsR u.spells, income in every month: 4 blank weeks end a spell
        week = int(draw.integers(5, 30))
        on = np.cumsum(draw.random(week + 4 + int(draw.integers(0, 20))) < 0.3) % 2 == 0
        on[0] = True
        bridged = on.copy()
        edges = np.flatnonzero(np.diff(np.r_[1, on.astype(int), 1]))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            bridged[begin:end] |= end - begin < 4
        wrong += ours.still_in(on, week) != bridged[week]
    same("still in after bridging, DREAMtoolsR u.spells", 0, wrong, 0)
    from dateutil.relativedelta import relativedelta

    some = [date(2019, 1, 1) + timedelta(days=i) for i in range(1500)]
    wrong = sum(
        ours.months_later(d, m) != d + relativedelta(months=m)
        for d in some
        for m in (1, 3, 6, 12, 13)
    )
    same("months later, dateutil", 0, wrong, 0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    folder = parser.parse_args().data

    def validation():
        validation_packages(folder)

    for part in (
        shap_situations,
        shap_exact,
        published_figures,
        against_sklearn,
        fits,
        decision_curves,
        validation,
        kaplan_meier,
        competing_risks,
        groups,
        time,
    ):
        section(part)
    print(", ".join(f"{n} {said}" for said, n in RESULTS.items()))
    sys.exit(RESULTS["DIFFERS"] > 0)
