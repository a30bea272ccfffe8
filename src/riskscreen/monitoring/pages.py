"""The page of a monitoring, in both languages, and its figures as JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskscreen.documents.cards.record import to_json
from riskscreen.documents.pages.follow_up_page import FollowUpPage, render_follow_up
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.templating import write_page
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.monitoring.monitor import Monitoring
from riskscreen.monitoring.sections import (
    build_alarms,
    build_delivery,
    build_early,
    build_intake,
    build_outcomes,
    build_recommendation,
    round_strength,
)
from riskscreen.monitoring.wording import MonitoringWording
from riskscreen.quality.findings import suppress_small_counts
from riskscreen.texts import LANGUAGES, Language

MADE_BY = "monitor"
INDEX = "index.html"
FIGURES = "monitoring.json"

Json = dict[str, Any]


@guarded
def write_monitoring(
    found: Monitoring, *, out: Path, inputs: tuple[Path | None, ...] = ()
) -> Path:
    """Write the page and the JSON of *found* into *out*; return the Danish page.

    *out* takes its place only when all is written, readable by its owner alone; it may
    be none of the *inputs*. Raises FileError where it cannot.
    """
    with stage_folder(out, made_by=MADE_BY, inputs=inputs) as folder:
        write_json(folder / FIGURES, build_monitoring_json(found))
        for language in LANGUAGES:
            (folder / language).mkdir(mode=0o700)
            page = build_monitoring_page(found, language=language)
            text = render_follow_up(page, language=language)
            write_page(folder / language / INDEX, text)
    return out / LANGUAGES[0] / INDEX


def build_monitoring_page(found: Monitoring, *, language: Language) -> FollowUpPage:
    """Build the page in *language*, what to do on top."""
    words = MonitoringWording(language, found)
    t = words.t["page"]
    other = next(one for one in LANGUAGES if one != language)
    months = found.life.months
    builders = (
        build_recommendation,
        build_alarms,
        build_delivery,
        build_intake,
        build_early,
        build_outcomes,
    )
    return FollowUpPage(
        site=found.site,
        title=t["title"].format(target=words.say_name(found.target)),
        lead=t["lead"].format(
            date=format_date(found.extract_date, words.common),
            first=words.say_month(months[0]),
            last=words.say_month(months[-1]),
        ),
        links=((t["other_language"], f"../{other}/{INDEX}"),),
        sections=tuple(build(found, words) for build in builders),
        missing=(),
        missing_title="",
        notes=(t["hidden_note"], t["alarm_note"], t["no_person_note"]),
        synthetic=found.synthetic,
    )


def build_monitoring_json(found: Monitoring) -> Json:
    """Build the JSON of *found*: null is hidden, or not available.

    The evidence is to tenths of an alarm, and only as it stands: a step from month to
    month could tell of a single case.
    """
    steps = found.attrition["step"].to_list()
    left = suppress_small_counts(found.attrition["left"].to_list())
    return {
        "target": found.target,
        "version": found.version,
        "site": found.site,
        "synthetic": found.synthetic,
        "on": found.on.isoformat(),
        "extract_date": found.extract_date.isoformat(),
        "newest_case_weeks": found.newest_case_weeks,
        "months": [found.life.months[0], found.life.months[-1]],
        "recommendation": to_json(found.recommendation),
        "evidence": {
            figure: {
                "of_alarm": round_strength(of.strength),
                "alarm_from": of.alarm_from,
                "from": list(of.leading),
            }
            for figure, of in found.evidence.items()
        },
        "cases_by_month": dict(found.cases_by_month),
        "attrition": dict(zip(steps, left, strict=True)),
        "abstained": to_json(found.abstained),
        "proposals_a_week": None
        if found.proposals is None
        else dict(zip(("proposals", "places"), found.proposals, strict=True)),
        "psi": dict(found.psi),
        "missing": _convert(found.missing),
        "codes": _convert(found.codes),
        "two_samples": to_json(found.two_samples) if found.two_samples else None,
        "interim": [to_json(of) for of in found.interim],
        "expected": [to_json(of) for of in found.expected],
        "matured": to_json(found.matured),
        "known_changes": [
            {"date": r.day.isoformat(), "what": r.what} for r in found.reforms
        ],
    }


def _convert(figures: Mapping[str, Any]) -> Json:
    return {name: to_json(of) for name, of in figures.items()}


def list_metrics(found: Monitoring) -> dict[str, float]:
    """List what a tracking server keeps of a monitoring: plain numbers by name."""
    evidence = {
        f"evidence.{figure}": round_strength(of.strength)
        for figure, of in found.evidence.items()
    }
    matured = {
        f"matured.{name}": of.value
        for name, of in found.matured.estimates.items()
        if of.value is not None
    }
    psi = {
        f"psi.{name}": value for name, value in found.psi.items() if value is not None
    }
    return {**evidence, **matured, **psi}
