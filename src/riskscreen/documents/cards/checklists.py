"""TRIPOD+AI's 27 items and the AI Act's nine headings: answered, or marked open."""

from collections.abc import Mapping
from typing import Any

from riskscreen.documents.cards.blocks import Table
from riskscreen.documents.cards.figures import parts
from riskscreen.spec import Specification

OPEN = "open: the site answers this"


def tripod(spec: Specification, record: Mapping[str, Any]) -> Table:
    """The items of TRIPOD+AI (Collins et al. 2024, doi 10.1136/bmj-2023-078378)."""
    answers = (
        ("Title", "this card's title"),
        ("Abstract", "In short; Resumé på dansk"),
        (
            "Background",
            f"{spec.question.en} Intended use and known inequalities: above",
        ),
        ("Objectives", "develop and judge a model for screening at intake"),
        ("Data", f"Data; extract date {record['extract_date']}"),
        ("Participants", f"{spec.population.who.en}; attrition table under Data"),
        (
            "Data preparation",
            "the specification's contract; rows set aside are counted",
        ),
        (
            "Outcome",
            f"{spec.outcome.long_words.en}; derived by rule, blind to the score",
        ),
        ("Predictors", f"{len(spec.features())} intake columns, each known at T0"),
        ("Sample size", f"{parts(record)}; Riley: the section on unseen"),
        ("Missing data", "kept as missing, shown as a reason in words"),
        ("Analytical methods", f"The model; split by {_split(spec)}"),
        ("Class imbalance", "none corrected: risks are calibrated to the real rate"),
        ("Fairness", "By group, at capacity; What leaving a column out would do"),
        (
            "Model output",
            "a calibrated risk with its interval and reasons; bands by capacity",
        ),
        ("Training versus evaluation", "older against newer cases of the same site"),
        ("Ethical approval", OPEN),
        ("Open science", "code, specification and this card are public; MIT licence"),
        ("Patient and public involvement", OPEN),
        ("Participants: results", "attrition table under Data"),
        ("Model development: results", "The model: candidates and their log-loss"),
        ("Model specification", f"the model folder of {record['model_version']}"),
        (
            "Model performance",
            "How good it is; At capacity; At the other horizons; From year to year; "
            "On periods and municipalities it had not seen",
        ),
        (
            "Model updating",
            "Calibrated anew"
            if record.get("recalibration")
            else "not updated after judging",
        ),
        ("Interpretation", "What the model listens to; not causes"),
        ("Limitations", "What the model cannot see; The outcome, and how sure it is"),
        ("Usability in current care", "the page of a case; the caseworker judges"),
    )
    rows = tuple((str(i), item, says) for i, (item, says) in enumerate(answers, 1))
    return Table(("item", "asks about", "answered by"), rows)


def _split(spec: Specification) -> str:
    if spec.split.column == "period":
        return "period, for there are no dates"
    return "time with the horizon as the gap"


def annex_iv(spec: Specification, record: Mapping[str, Any]) -> Table:
    """The nine headings of Annex IV to Regulation (EU) 2024/1689."""
    answers = (
        (
            "General description",
            f"{spec.title.en}; version {record['model_version']}; never decides",
        ),
        (
            "Elements and development",
            "Data; The outcome; The model; a person reads every score and may override",
        ),
        (
            "Monitoring, functioning, control",
            "How good it is; By group; From year to year",
        ),
        (
            "Appropriateness of the metrics",
            "calibration, net benefit, counts at capacity",
        ),
        ("Risk management", "What it must not be used for; Gates. " + OPEN),
        (
            "Changes over the lifecycle",
            "CHANGELOG.md; versions and approvals in MLflow",
        ),
        ("Standards applied", "TRIPOD+AI; no harmonised standard is claimed"),
        ("EU declaration of conformity", OPEN),
        ("Post-market monitoring plan", OPEN),
    )
    rows = tuple((str(i), item, says) for i, (item, says) in enumerate(answers, 1))
    return Table(("heading", "asks about", "answered by"), rows)
