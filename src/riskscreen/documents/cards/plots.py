"""Plots of an evaluated model: aggregates only, never a dot per person."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from riskscreen.documents.cards.record import EvaluationRecord
from riskscreen.evaluation import (
    CurvePoint,
    Estimate,
    NetBenefit,
    PolicyFigures,
    ReliabilityBin,
)
from riskscreen.evaluation.learning_curve import LearningCurve
from riskscreen.evaluation.policy_figures import GainPoint
from riskscreen.training.studies.learning_curve import TrainingCurve

mpl.use("svg")

_INK, _MODEL, _OTHER, _SOFT = "#1f2933", "#1d5b8f", "#b0651d", "#c9d3dc"
_VALUES = LinearSegmentedColormap.from_list("values", ["#2f6fb0", "#8c8c96", "#c8641e"])
"""From a low value to a high one; told apart by whoever sees red and green alike."""
_ROWS = 15
_LABEL_WIDTH = 42
_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": "#7b8794",
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    # Same figures, same bytes: the cards are committed.
    "svg.hashsalt": "riskscreen",
}


def write_plots(record: EvaluationRecord, out: Path) -> tuple[Path, ...]:
    """Write the plots of *record* as SVG files into *out*; return their paths."""
    evaluation = record.evaluation
    drawings = {
        "calibration": lambda ax: _draw_calibration(
            ax, evaluation.curve, evaluation.bins
        ),
        "gain_at_capacity": lambda ax: _draw_gain(ax, record.gain),
        "net_benefit": lambda ax: _draw_net_benefit(
            ax, evaluation.net_benefit, record.labels
        ),
        "mean_contribution": lambda ax: _draw_contributions(ax, record),
        "by_year": lambda ax: _draw_by_year(ax, record.by_year),
    }
    plots = [_write_plot(out / f"{name}.svg", draw) for name, draw in drawings.items()]
    plots.append(
        _write_plot(
            out / "contributions.svg",
            lambda ax: _draw_summary(ax, record),
            height=5.6,
            width=6.4,
        )
    )
    if curve := _find_learning_curve(record):
        plots.append(
            _write_plot(
                out / "learning_curve.svg", lambda ax: _draw_learning_curve(ax, curve)
            )
        )
    if shown := _list_missed_by_group(record):
        plots.append(
            _write_plot(
                out / "by_group.svg",
                lambda ax: _draw_by_group(ax, shown, evaluation.capacity),
                height=1.2 + 0.19 * len(shown),
            )
        )
    return tuple(plots)


def _write_plot(
    path: Path, draw: Any, *, height: float = 3.6, width: float = 5.2
) -> Path:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    return path


def _draw_calibration(
    axes: Axes, curve: Sequence[CurvePoint], bins: Sequence[ReliabilityBin]
) -> None:
    """Draw the flexible curve with its band, and the bins with five people or more."""
    axes.plot([0, 1], [0, 1], color=_SOFT, linestyle="--", label="right on average")
    risk = [p.risk for p in curve]
    axes.plot(risk, [p.share for p in curve], color=_MODEL, label="flexible curve")
    axes.fill_between(
        [p.risk for p in curve],
        [p.low for p in curve],
        [p.high for p in curve],
        color=_MODEL,
        alpha=0.15,
        linewidth=0,
        label="95 % interval",
    )
    axes.plot(
        [b.mean_risk for b in bins],
        [b.share for b in bins],
        "o",
        color=_OTHER,
        markersize=4,
        label="tenths of the cases",
    )
    reach = max([*risk, *(b.share for b in bins), 0.1])
    axes.set(
        xlim=(0, min(1, 1.1 * reach)),
        ylim=(0, min(1, 1.1 * reach)),
        xlabel="risk shown",
        ylabel="share that became long",
        title="Do the risks mean what they say?",
    )
    axes.legend(frameon=False, fontsize=8)


def _draw_gain(axes: Axes, gain: Sequence[GainPoint]) -> None:
    """Draw the share of the long cases found, by the number of places a week."""
    if not gain:
        _write_not_available(axes, "Found at capacity: no places are stated")
        return
    for name, colour in (("model", _MODEL), ("chance", _SOFT)):
        axes.plot(
            [g.places for g in gain],
            [100 * getattr(g, name) for g in gain],
            color=colour,
            marker="o",
            markersize=3,
            label=name,
        )
    for places in (g.places for g in gain if g.is_capacity):
        axes.axvline(places, color=_OTHER, linewidth=1)
    axes.set(
        xlabel="places a week in all (line: those there are)",
        ylabel="% of long cases found",
        ylim=(0, None),
        title="What do more places find?",
    )
    axes.legend(frameon=False, fontsize=8)


def _draw_net_benefit(
    axes: Axes, rows: Sequence[NetBenefit], labels: Mapping[str, str]
) -> None:
    """Draw the decision curves of the model, flag-all, flag-none and today's rules."""
    strategies = dict.fromkeys(
        r.strategy for r in rows if not r.strategy.endswith("_at_capacity")
    )
    for strategy in strategies:
        points = [r for r in rows if r.strategy == strategy and r.value is not None]
        axes.plot(
            [p.threshold for p in points],
            [p.value or 0.0 for p in points],
            label=labels.get(strategy, strategy.replace("_", " ")),
            linewidth=2 if strategy == "model" else 1,
            color=_MODEL if strategy == "model" else None,
        )
    best = max((r.value for r in rows if r.value is not None), default=0.1)
    axes.set(
        ylim=(-0.1 * best, 1.1 * best),
        xlabel="risk at which one would act",
        ylabel="net benefit (true positives per case)",
        title="Does flagging by risk do more good than harm?",
    )
    axes.legend(frameon=False, fontsize=7)


def _draw_contributions(axes: Axes, record: EvaluationRecord) -> None:
    """Draw the share of each reason in all contributions, largest first."""
    shown = list(reversed(record.importance.reasons[:_ROWS]))
    labels = [_shorten(record.reason_labels[one.name].en) for one in shown]
    axes.barh(labels, [100 * one.share for one in shown], color=_MODEL)
    axes.set(
        xlabel="share of all mean |SHAP values|, %",
        title="What the model listens to",
    )
    axes.tick_params(axis="y", labelsize=7)


def _draw_summary(axes: Axes, record: EvaluationRecord) -> None:
    """Draw how many persons have which contribution, feature by feature.

    A bin of five persons and more is a bar: its height says how many per log-odds, its
    colour what they have there on average.
    """
    shown = [one for one in record.importance.features if one.bins][:_ROWS]
    if not shown:
        _write_not_available(axes, "Too few persons to show contributions")
        return
    for place, one in enumerate(reversed(shown)):
        tallest = max(b.n / (b.high - b.low) for b in one.bins)
        for b in one.bins:
            height = max(0.8 * b.n / (b.high - b.low) / tallest, 0.06)
            axes.add_patch(
                Rectangle(
                    (b.low, place - height / 2),
                    b.high - b.low,
                    height,
                    facecolor=_SOFT if b.value is None else _VALUES(b.value),
                    linewidth=0,
                )
            )
    axes.axvline(0, color=_INK, linewidth=0.6)
    axes.set_yticks(
        range(len(shown)),
        [_shorten(record.feature_labels[o.name].en) for o in reversed(shown)],
    )
    axes.tick_params(axis="y", labelsize=7)
    axes.set(
        ylim=(-0.7, len(shown) - 0.3),
        xlim=(
            min(b.low for o in shown for b in o.bins),
            max(b.high for o in shown for b in o.bins),
        ),
        xlabel="SHAP value: what it adds to the log-odds (left lowers, right raises)",
        title="Who is pulled which way, and how far",
    )
    keys = (
        (_VALUES(0.0), "low value"),
        (_VALUES(1.0), "high value"),
        (_SOFT, "no order, or missing"),
    )
    axes.legend(
        handles=[
            Rectangle((0, 0), 1, 1, facecolor=c, label=words) for c, words in keys
        ],
        frameon=False,
        fontsize=7,
        loc="lower center",
        bbox_to_anchor=(0.3, -0.22),
        ncols=3,
    )


def _find_learning_curve(record: EvaluationRecord) -> LearningCurve | None:
    findings = record.validation.findings if record.validation else {}
    found = findings.get("learning_curve")
    return found.curve if isinstance(found, TrainingCurve) else None


def _draw_learning_curve(axes: Axes, curve: LearningCurve) -> None:
    """Draw the log-loss by the number of training cases, with its interval."""
    values, errors = _with_errors([point.log_loss for point in curve.points])
    sizes = [point.n_train for point in curve.points]
    axes.errorbar(sizes, values, yerr=errors, fmt="o-", color=_MODEL, capsize=3)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{n:,}" for n in sizes])
    axes.minorticks_off()
    axes.set(
        xlabel="training cases in a fit",
        ylabel="log-loss, nats a case (lower is better)",
        title="Would more cases help?",
    )


def _shorten(label: str) -> str:
    """Return *label* on two lines at most, as long as the plot has room for."""
    return textwrap.fill(label, _LABEL_WIDTH, max_lines=2, placeholder=" …")


def _draw_by_year(axes: Axes, by_year: Mapping[int, Mapping[str, Estimate]]) -> None:
    """Draw AUC and its interval in each calendar year of T0."""
    shown = {
        year: estimates["auc"]
        for year, estimates in by_year.items()
        if estimates["auc"].value is not None
    }
    if not shown:
        _write_not_available(axes, "By year: not available without dates")
        return
    where = range(len(shown))
    values, errors = _with_errors(list(shown.values()))
    axes.errorbar(where, values, yerr=errors, fmt="o", color=_MODEL, capsize=3)
    axes.axhline(0.5, color=_SOFT, linestyle="--")
    axes.set_xticks(list(where), list(map(str, shown)))
    axes.set(ylim=(0.4, 0.9), ylabel="AUC", title="Does it hold from year to year?")


def _list_missed_by_group(record: EvaluationRecord) -> list[tuple[str, Estimate]]:
    """Return (group in words, its false-negative rate) of each that may be shown."""
    if record.fairness is None:
        return []
    return [
        (f"{record.find_label(group.by[0])}: {record.describe_group(group)}", missed)
        for group in record.fairness.groups
        if len(group.by) == 1
        and (missed := group.estimates["false_negative_rate"]).low is not None
    ]


def _with_errors(
    estimates: Sequence[Estimate], scale: float = 1.0
) -> tuple[list[float], list[list[float]]]:
    """Return values, and how far each interval reaches below and above."""
    values, below, above = [], [], []
    for estimate in estimates:
        value = estimate.value or 0.0
        values.append(scale * value)
        low = value if estimate.low is None else estimate.low
        high = value if estimate.high is None else estimate.high
        below.append(scale * (value - low))
        above.append(scale * (high - value))
    return values, [below, above]


def _draw_by_group(
    axes: Axes, shown: Sequence[tuple[str, Estimate]], overall: PolicyFigures
) -> None:
    """Draw the share of each group's long cases that got no flag, with its interval."""
    values, errors = _with_errors([estimate for _, estimate in shown], 100)
    where = range(len(shown), 0, -1)
    axes.errorbar(values, where, xerr=errors, fmt="o", color=_MODEL, markersize=4)
    recall = overall.estimates["recall"].value
    if recall is not None:
        axes.axvline(100 * (1 - recall), color=_OTHER, linewidth=1)
    axes.set_yticks(list(where), [words for words, _ in shown])
    axes.tick_params(axis="y", labelsize=7)
    axes.set(
        xlabel="false-negative rate, % (line: all cases)",
        title="Who is overlooked?",
        xlim=(0, None),
    )


def _write_not_available(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, ha="center", va="center")
    axes.set_axis_off()
