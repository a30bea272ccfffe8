"""What a model card says: the figures of one training and the words around them."""

from collections.abc import Mapping, Sequence
from typing import Any

from riskscreen.documents.cards.benefit import net_benefit
from riskscreen.documents.cards.blindness import blindness
from riskscreen.documents.cards.blocks import (
    Block,
    Bullets,
    Card,
    Paragraph,
    Picture,
    Section,
    Table,
)
from riskscreen.documents.cards.checklists import annex_iv, tripod
from riskscreen.documents.cards.figures import count, figure, parts
from riskscreen.documents.cards.groups import groups
from riskscreen.documents.cards.horizons import horizons
from riskscreen.documents.cards.labels import label
from riskscreen.documents.cards.purpose import danish, in_short, limits, use
from riskscreen.documents.cards.recalibration import recalibration
from riskscreen.documents.cards.sureness import sureness
from riskscreen.documents.cards.validation import validation
from riskscreen.spec import Specification

Record = Mapping[str, Any]
LEFT = " Left otherwise (death, emigration, pension) is neither long nor short."
FIGURES = {
    "base_rate": "share that became long",
    "mean_risk": "mean risk shown",
    "auc": "AUC (order of pairs)",
    "average_precision": "average precision",
    "brier": "Brier score",
    "scaled_brier": "scaled Brier score (0 is the base rate, 1 perfect)",
    "log_loss": "log-loss",
    "calibration_intercept": "calibration intercept (0 is right)",
    "calibration_slope": "calibration slope (1 is right)",
    "ici": "ICI: mean distance from the calibration curve",
    "e50": "E50: median distance",
    "e90": "E90: 90th percentile of the distance",
}
PICTURES = {
    "calibration.svg": "Calibration curve with its interval",
    "gain_at_capacity.svg": "Share of the long cases found, by places a week",
    "net_benefit.svg": "Decision curve",
    "by_group.svg": "Share of the long cases missed, by group",
    "mean_contribution.svg": "Share of each reason in all contributions",
    "by_year.svg": "AUC by calendar year of T0",
}
COUNTS = {
    "flagged": "people flagged",
    "true_positives": "of them became long (hits)",
    "false_positives": "of them did not (needless flags)",
    "false_negatives": "became long without a flag (misses)",
    "precision": "precision: hits of those flagged",
    "recall": "recall: hits of those who became long",
    "lift": "lift over drawing lots",
}


def card(spec: Specification, record: Record, drawn: Mapping[str, str]) -> Card:
    """The card of *record*; *drawn* are pictures as SVG texts by file name.

    Beside the card they stand in a folder named after the target.
    """
    pictures = {
        file: Picture(f"{spec.name}/{file}", PICTURES[file], svg)
        for file, svg in drawn.items()
    }
    return Card(
        f"{spec.title.en} ({spec.name}): model card",
        (
            in_short(spec, record),
            danish(spec, record),
            use(spec),
            *recalibration(record),
            _data(spec, record),
            _labels(spec, record),
            _model(record),
            _quality(record, pictures),
            _capacity(spec, record, pictures),
            horizons(spec, record),
            _years(record, pictures),
            validation(record),
            groups(record, pictures),
            blindness(record),
            sureness(record),
            _gates(record),
            _listens(record, pictures),
            limits(spec),
            Section("TRIPOD+AI, item by item", (tripod(spec, record),)),
            Section(
                "EU AI Act, Annex IV: the nine headings", (annex_iv(spec, record),)
            ),
            _again(spec, record),
        ),
    )


def _data(spec: Specification, record: Record) -> Section:
    notes = record["notes"]
    steps = tuple(
        (
            str(row["step"]),
            count(row["left"]),
            count(row["n"]),
            str(row["why"]),
        )
        for row in record["attrition"]
    )
    return Section(
        "Data",
        (
            Bullets(
                (
                    f"extract date {record['extract_date']}; intakes that teach: "
                    f"{' to '.join(map(str, notes.get('decided') or ['no dates']))}",
                    f"cases: {parts(record)}; {_gap(spec)}",
                    f"{len(spec.features())} intake columns"
                    + (
                        f" and benefit history read {spec.history.register_lag_weeks} "
                        "weeks before T0"
                        if spec.history
                        else ", no history"
                    ),
                    *(str(words) for words in record["words"][:-1]),
                    "fingerprints (SHA-256, first 12): "
                    + ", ".join(
                        f"{n} {str(d)[:12]}" for n, d in record["fingerprints"].items()
                    ),
                )
            ),
            Table(("step", "left", "remaining", "why"), steps),
        ),
    )


def _gap(spec: Specification) -> str:
    if spec.split.column == "period":
        return "by period, for there are no dates: no gap can be left between them"
    return "those are newer, and no outcome known after the first of them was used"


def _labels(spec: Specification, record: Record) -> Section:
    outcome = spec.outcome
    blocks: list[Block] = [
        Paragraph(
            f"Long means: {outcome.long_words.en} (rule {outcome.rule}, "
            f"{outcome.horizon_weeks} weeks). Of all cases: "
            + ", ".join(f"{count(n)} {k}" for k, n in record["outcomes"].items())
            + "."
            + ("" if outcome.rule == "ready" else LEFT)
        )
    ]
    if (rest := record["outcomes_on_unverified_codes"]) is not None and rest["known"]:
        blocks.append(
            Paragraph(
                f"Codes: {rest['touched']:,} of {rest['known']:,} known outcomes rest "
                f"on {rest['weeks']:,} weeks in all of codes whose group no public "
                "table verifies (code_groups.csv)."
            )
        )
    if record["flips"]:
        rows = tuple(
            (
                f"{row['shift_weeks']:+d} weeks",
                count(row["long_to_not_long"]),
                count(row["not_long_to_long"]),
                f"{row['share']:.1%}" if row["share"] is not None else "not available",
            )
            for row in record["flips"]
        )
        blocks += [
            Paragraph(
                "How honest is the label? Registers overstate duration by 1.4 weeks on "
                "average, SD 3.9 (Stapelfeldt et al. 2012, doi "
                "10.1186/1471-2458-12-661). If every case ended this much later or "
                "earlier, so many outcomes would be another:"
            ),
            Table(("end moved by", "long → not", "not → long", "share"), rows),
        ]
    return Section("The outcome, and how sure it is", tuple(blocks))


def _model(record: Record) -> Section:
    losses = tuple(
        (kind, f"{found['log_loss_on_later_cases']:.4f}")
        for kind, found in record["candidates"].items()
    )
    return Section(
        "The model",
        (
            Paragraph(
                str(record["words"][-1])
                + " Calibrated by a straight line on the log-odds, on later outcomes, "
                "so that reasons stay exact: base + reasons = the log-odds of the risk."
            ),
            Paragraph(
                "Statistics of the training cases are stored in steps of five people "
                "or more. Even so, of several versions that were taught by nearly the "
                "same people at most one may be given outside the site, model or card: "
                "two of them can be subtracted, and what differs is about the people "
                "that one of them lacks."
            ),
            *(
                (Table(("candidate", "log-loss on later cases"), losses),)
                * bool(losses)
            ),
        ),
    )


def _quality(record: Record, pictures: Mapping[str, Picture]) -> Section:
    rows = tuple(
        (words, figure(record["evaluation"]["figures"], name).text())
        for name, words in FIGURES.items()
    )
    comparators = tuple(
        (
            label(record, name),
            figure(found["figures"], "auc").text(),
            figure(found["figures"], "brier").text(),
            figure(
                record["comparisons"][name]["differences"], "brier_difference"
            ).text(),
        )
        for name, found in record["comparators"].items()
    )
    return Section(
        "How good it is",
        (
            Table(("figure", "value (95 % interval)"), rows),
            *_picture(pictures, "calibration.svg"),
            Paragraph(
                "Beside the simple rules and the other candidates, on the same cases:"
            ),
            Table(
                ("rule or candidate", "AUC", "Brier", "model less it, Brier"),
                comparators,
            ),
            *_picture(pictures, "net_benefit.svg"),
            *net_benefit(record),
        ),
    )


def _picture(pictures: Mapping[str, Picture], file: str) -> tuple[Block, ...]:
    return (pictures[file],) if file in pictures else ()


def _capacity(
    spec: Specification, record: Record, pictures: Mapping[str, Picture]
) -> Section:
    found = record["evaluation"]
    rules = {"the model": found["capacity"], **found["rules_at_capacity"]}
    rows = tuple(
        (
            words,
            *(_at_capacity(rule["figures"], name) for rule in rules.values()),
        )
        for name, words in COUNTS.items()
    )
    head = ("counts of people", *(label(record, name) for name in rules))
    assumed = " (assumed)" if spec.capacity.assumed else ""
    return Section(
        "At capacity, in counts of people",
        (
            Paragraph(
                f"Flagged are {found['capacity']['words']}{assumed}. Source of the "
                f"capacity: {spec.capacity.source}."
            ),
            Table(head, rows),
            *_picture(pictures, "gain_at_capacity.svg"),
        ),
    )


def _at_capacity(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    return figure(rows, name).text()


def _years(record: Record, pictures: Mapping[str, Picture]) -> Section:
    names = ("auc", "brier", "calibration_slope")
    rows = tuple(
        (year, *(figure(found, name).text() for name in names))
        for year, found in record["by_year"].items()
    )
    if not rows:
        return Section("From year to year", (Paragraph("Not available: no dates."),))
    return Section(
        "From year to year",
        (
            Table(("year of T0", "AUC", "Brier", "calibration slope"), rows),
            *_picture(pictures, "by_year.svg"),
        ),
    )


def _gates(record: Record) -> Section:
    rows = tuple(
        (g["name"], "passed" if g["passed"] else "REFUSED", g["found"], g["bound"])
        for g in record["gates"]
    )
    return Section(
        "Gates",
        (Table(("gate", "verdict", "found", "bound in the specification"), rows),),
    )


def _listens(record: Record, pictures: Mapping[str, Picture]) -> Section:
    rows = tuple(
        (row["label"], f"{row['share']:.1%}")
        for row in record["mean_contribution"]
        if row["share"] >= 0.005
    )
    return Section(
        "What the model listens to",
        (
            Paragraph(
                "Each reason's share of all mean |SHAP values| (log-odds, "
                "path-dependent for trees). It says what the model uses, not what "
                "causes absence."
            ),
            *_picture(pictures, "mean_contribution.svg"),
            Table(("reason", "share"), rows),
        ),
    )


def _again(spec: Specification, record: Record) -> Section:
    return Section(
        "How this card was made",
        (
            Paragraph(
                f"Every figure was made by {_command(spec, record)}. It trains or "
                "calibrates, judges and writes the card; the same data, specification "
                "and seed give the same model version and the same figures."
            ),
            Bullets(
                (
                    f"specification {str(record['specification'])[:12]}",
                    *(f"{n} {v}" for n, v in record["libraries"].items()),
                )
            ),
        ),
    )


def _command(spec: Specification, record: Record) -> str:
    """What a person types to make the card again."""
    if record.get("recalibration"):
        options = "--model MODEL --site SITE --out OUT"
        return f"`riskscreen recalibrate {spec.name} {options}`"
    validated = " --validate" if record.get("validation") else ""
    train = f"`riskscreen train {spec.name} --site SITE --out OUT{validated}`"
    return f"{train} (`make cards` makes SITE first)" if record["made_up"] else train
