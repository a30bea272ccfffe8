"""Plots of an evaluated model: aggregates only, never a dot per person."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

mpl.use("svg")

_INK, _MODEL, _OTHER, _SOFT = "#1f2933", "#1d5b8f", "#b0651d", "#c9d3dc"
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
Rows = Sequence[Mapping[str, Any]]


def write_plots(record: Mapping[str, Any], out: Path) -> tuple[Path, ...]:
    """Write the plots of *record* as SVG files into *out*; return their paths."""
    evaluation = record["evaluation"]
    drawings = {
        "calibration": lambda ax: _draw_calibration(
            ax, evaluation["curve"], evaluation["bins"]
        ),
        "gain_at_capacity": lambda ax: _draw_gain(ax, record["gain"]),
        "net_benefit": lambda ax: _draw_net_benefit(
            ax, evaluation["net_benefit"], record["labels"]
        ),
        "mean_contribution": lambda ax: _draw_contributions(
            ax, record["mean_contribution"]
        ),
        "by_year": lambda ax: _draw_by_year(ax, record["by_year"]),
    }
    plots = [_write_plot(out / f"{name}.svg", draw) for name, draw in drawings.items()]
    if shown := _list_missed_by_group(record):
        plots.append(
            _write_plot(
                out / "by_group.svg",
                lambda ax: _draw_by_group(ax, shown, evaluation["capacity"]["figures"]),
                height=1.2 + 0.19 * len(shown),
            )
        )
    return tuple(plots)


def _write_plot(path: Path, draw: Any, *, height: float = 3.6) -> Path:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.2, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    return path


def _draw_calibration(axes: Axes, curve: Rows, bins: Rows) -> None:
    """Draw the flexible curve with its band, and the bins with five people or more."""
    shown = [b for b in bins if b["share"] is not None]
    axes.plot([0, 1], [0, 1], color=_SOFT, linestyle="--", label="right on average")
    risk = [p["risk"] for p in curve]
    axes.plot(risk, [p["share"] for p in curve], color=_MODEL, label="flexible curve")
    band = [p for p in curve if p["low"] is not None]
    axes.fill_between(
        [p["risk"] for p in band],
        [p["low"] for p in band],
        [p["high"] for p in band],
        color=_MODEL,
        alpha=0.15,
        linewidth=0,
        label="95 % interval",
    )
    axes.plot(
        [b["mean_risk"] for b in shown],
        [b["share"] for b in shown],
        "o",
        color=_OTHER,
        markersize=4,
        label="tenths of the cases",
    )
    reach = max([*risk, *(b["share"] for b in shown), 0.1])
    axes.set(
        xlim=(0, min(1, 1.1 * reach)),
        ylim=(0, min(1, 1.1 * reach)),
        xlabel="risk shown",
        ylabel="share that became long",
        title="Do the risks mean what they say?",
    )
    axes.legend(frameon=False, fontsize=8)


def _draw_gain(axes: Axes, gain: Rows) -> None:
    """Draw the share of the long cases found, by the number of places a week."""
    if not gain:
        _write_not_available(axes, "Found at capacity: not available without dates")
        return
    for name, colour in (("model", _MODEL), ("chance", _SOFT)):
        axes.plot(
            [g["places"] for g in gain],
            [100 * g[name] for g in gain],
            color=colour,
            marker="o",
            markersize=3,
            label=name,
        )
    for here in (g["places"] for g in gain if g["is_capacity"]):
        axes.axvline(here, color=_OTHER, linewidth=1)
    axes.set(
        xlabel="places a week (line: the specification's capacity)",
        ylabel="% of long cases found",
        ylim=(0, None),
        title="What do more places find?",
    )
    axes.legend(frameon=False, fontsize=8)


def _draw_net_benefit(axes: Axes, rows: Rows, labels: Mapping[str, str]) -> None:
    """Draw the decision curves of the model, flag-all, flag-none and today's rules."""
    strategies = [s for s in _named(rows) if not s.endswith("_at_capacity")]
    for strategy in strategies:
        points = [r for r in rows if r["strategy"] == strategy]
        axes.plot(
            [p["threshold"] for p in points],
            [p["value"] for p in points],
            label=labels.get(strategy, strategy.replace("_", " ")),
            linewidth=2 if strategy == "model" else 1,
            color=_MODEL if strategy == "model" else None,
        )
    best = max((r["value"] for r in rows), default=0.1)
    axes.set(
        ylim=(-0.1 * best, 1.1 * best),
        xlabel="risk at which one would act",
        ylabel="net benefit (true positives per case)",
        title="Does flagging by risk do more good than harm?",
    )
    axes.legend(frameon=False, fontsize=7)


def _named(rows: Rows) -> Iterable[str]:
    return dict.fromkeys(str(r["strategy"]) for r in rows)


def _draw_contributions(axes: Axes, rows: Rows) -> None:
    """Draw the share of each reason in all contributions, largest first."""
    shown = list(reversed(rows[:15]))
    axes.barh(
        [r["label"] for r in shown], [100 * r["share"] for r in shown], color=_MODEL
    )
    axes.set(
        xlabel="share of all mean |SHAP values|, %",
        title="What the model listens to",
    )
    axes.tick_params(axis="y", labelsize=7)


def _draw_by_year(axes: Axes, by_year: Mapping[str, Rows]) -> None:
    """Draw AUC and its interval in each calendar year of T0."""
    shown = {
        year: found
        for year, figures in by_year.items()
        for found in figures
        if found["name"] == "auc" and found["value"] is not None
    }
    if not shown:
        _write_not_available(axes, "By year: not available without dates")
        return
    where = range(len(shown))
    values = [f["value"] for f in shown.values()]
    below = [f["value"] - (f["low"] or f["value"]) for f in shown.values()]
    above = [(f["high"] or f["value"]) - f["value"] for f in shown.values()]
    axes.errorbar(where, values, yerr=[below, above], fmt="o", color=_MODEL, capsize=3)
    axes.axhline(0.5, color=_SOFT, linestyle="--")
    axes.set_xticks(list(where), list(shown))
    axes.set(ylim=(0.4, 0.9), ylabel="AUC", title="Does it hold from year to year?")


def _list_missed_by_group(
    record: Mapping[str, Any],
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return each group in words, with its false-negative rate, that may be shown."""
    found = []
    for group in (record["fairness"] or {"groups": ()})["groups"]:
        if len(group["by"]) == 1:
            (column,), (value,) = group["by"], group["values"]
            missed = next(
                f for f in group["figures"] if f["name"] == "false_negative_rate"
            )
            words = record["values"].get(column, {}).get(value, value)
            if missed["low"] is not None:
                of = record["labels"].get(column, column)
                found.append((f"{of}: {words}", missed))
    return found


def _draw_by_group(
    axes: Axes, shown: Sequence[tuple[str, Mapping[str, Any]]], overall: Rows
) -> None:
    """Draw the share of each group's long cases that got no flag, with its interval."""
    values = [100 * f["value"] for _, f in shown]
    below = [100 * (f["value"] - f["low"]) for _, f in shown]
    above = [100 * (f["high"] - f["value"]) for _, f in shown]
    where = range(len(shown), 0, -1)
    axes.errorbar(
        values, where, xerr=[below, above], fmt="o", color=_MODEL, markersize=4
    )
    recall = next(f["value"] for f in overall if f["name"] == "recall")
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
