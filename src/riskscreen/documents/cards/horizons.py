"""What a card says of the horizons beside the primary one."""

from collections.abc import Mapping, Sequence
from typing import Any

from riskscreen.documents.cards.blocks import Paragraph, Section, Table
from riskscreen.documents.cards.figures import count, figure
from riskscreen.spec import Specification

Record = Mapping[str, Any]
HORIZON_FIGURES = ("brier", "calibration_intercept", "calibration_slope")


def horizons(spec: Specification, record: Record) -> Section:
    """How the other horizons are made, and how each did on newer cases."""
    found = record["horizons"]
    if found is None:
        words = (
            "Not available: outcomes are delivered ready, or there are no dates."
            if spec.outcome.rule == "ready"
            else "Not available: too few cases to follow."
        )
        return Section("At the other horizons", (Paragraph(words),))
    rows = tuple(
        (
            _horizon_words(row, primary=found["primary"]),
            f"{count(row['known'])} of {count(row['cases'])}",
            *(_share(row[name]) for name in ("expected", "observed")),
            *(_known(row["figures"], name) for name in HORIZON_FIGURES),
            *(_share(row[name]) for name in ("left", "left_observed")),
        )
        for row in found["judged"]
    )
    head = ("horizon", "known", "mean risk", "Aalen-Johansen", "Brier", "intercept")
    return Section(
        "At the other horizons",
        (
            Paragraph(
                "One family gives the other horizons from the primary risk and the "
                "weeks since the clock began. It rests on "
                f"{count(found['cases'])} cases, {count(found['still_open'])} of them "
                "still open when it was fitted: "
                "those are followed up to the last week known and censored there, "
                "never read as short. The primary horizon is the shown risk itself. "
                "Leaving otherwise keeps its own curve, and the risks are of those who "
                "have not left."
            ),
            Paragraph(
                "Of cases decided since the test began. Brier score, intercept "
                "and slope are of those known at the horizon. Whether a case is known "
                "depends on the calendar alone, so the inverse-probability-of-"
                "censoring weights are all the same. Mean risk and the Aalen-Johansen "
                "share are of all of them, open ones included; the last two columns "
                "are the same of leaving otherwise."
            ),
            Table((*head, "slope", "left, expected", "left, observed"), rows),
        ),
    )


def _horizon_words(row: Mapping[str, Any], *, primary: int) -> str:
    least, weeks = row["at_least_weeks"], row["weeks"]
    words = f"{weeks} weeks" if least is None else f"{least} of {weeks} weeks"
    return f"{words} (primary)" if weeks == primary else words


def _known(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    return figure(rows, name).text() if rows else "too few known"


def _share(value: float | None) -> str:
    return "not available" if value is None else f"{value:.1%}"
