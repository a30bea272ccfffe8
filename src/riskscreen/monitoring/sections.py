"""The sections of the page: what comes in, what became of it, and what to do."""

from riskscreen.documents.pages.follow_up_page import (
    FiguresTable,
    Section,
    Tile,
    make_cells,
)
from riskscreen.documents.pages.formats import format_count, format_date
from riskscreen.monitoring.bounds import FEWEST_NEW, LEVEL_SHARES
from riskscreen.monitoring.monitor import Monitoring
from riskscreen.monitoring.wording import MonitoringWording
from riskscreen.quality.findings import suppress_small_counts

METRICS = (
    "mean_risk",
    "base_rate",
    "observed_minus_expected",
    "auc",
    "brier",
    "calibration_slope",
)
GROUP_FIGURES = (
    "mean_risk",
    "base_rate",
    "observed_minus_expected",
    "selection_rate",
    "false_negative_rate",
)
POLICY_COUNTS = ("flagged", "true_positives", "false_positives", "false_negatives")
EXPECTED_FIGURES = ("base_rate", "auc", "brier")


def build_recommendation(found: Monitoring, words: MonitoringWording) -> Section:
    """Build the recommendation with its reasons."""
    t, action = words.t["recommendation"], found.recommendation.action
    rows = tuple(
        make_cells(
            words.t["reasons"][reason.ground],
            ", ".join(map(words.say_name, reason.names)) or words.t["page"]["none"],
            words.say_month(reason.since)
            if reason.since
            else str(words.t["page"]["none"]),
        )
        for reason in found.recommendation.reasons
    )
    table = FiguresTable(t["reason"], (t["reason"], t["about"], t["since"]), rows)
    tile = Tile(t["label"], words.t["actions"][action], words.t["remedies"][action])
    return Section(t["title"], tiles=(tile,), tables=(table,) if rows else ())


def build_alarms(found: Monitoring, words: MonitoringWording) -> Section:
    """Build the evidence on each figure; rounded, for a step could tell of one case."""
    t, rows = words.t["alarms"], []
    for figure in LEVEL_SHARES:
        evidence = found.evidence[figure]
        alarm = t["quiet"]
        if evidence.alarm_from:
            month = words.say_month(evidence.alarm_from)
            alarm = words.t["page"]["since"].format(month=month)
        strength = words.say_share(round_strength(evidence.strength))
        rows.append(make_cells(t[figure], strength, alarm))
    columns = (t["figure"], t["evidence"], t["alarm"])
    table = FiguresTable(t["title"], columns, tuple(rows))
    return Section(t["title"], t["note"], tables=(table,))


def round_strength(strength: float) -> float:
    """Return the strength of evidence to tenths, and at most 1.

    >>> round_strength(0.449), round_strength(8.2)
    (0.4, 1.0)
    """
    return min(1.0, round(strength, 1))


def build_delivery(found: Monitoring, words: MonitoringWording) -> Section:
    """Build how old and how complete the delivery is."""
    t, common = words.t["delivery"], words.common
    age = (found.on - found.extract_date).days
    (aside,) = suppress_small_counts([found.rows_set_aside])
    lines = [
        (t["extracted"], format_date(found.extract_date, common)),
        (
            t["age"].format(date=format_date(found.on, common)),
            format_count(age, t["days"], common),
        ),
        (t["newest"], format_count(found.newest_case_weeks, t["weeks"], common)),
        (t["set_aside"], aside),
        (t["abstained"], words.say_share(found.abstained.now)),
    ]
    if found.proposals is not None:
        n, places = (words.say_number(x, decimals=1) for x in found.proposals)
        lines.append((t["proposals"], t["beside"].format(n=n, places=places)))
    months = tuple(
        make_cells(
            words.say_month(month),
            words.say_number(n, decimals=0),
            words.mark_month(month),
        )
        for month, n in found.cases_by_month.items()
    )
    page = words.t["page"]
    steps = found.attrition["step"].to_list()
    left = suppress_small_counts(found.attrition["left"].to_list())
    # The first is what was delivered: nobody left there.
    lost = list(zip(steps, left, strict=True))[1:]
    return Section(
        t["title"],
        tables=(
            FiguresTable(
                t["title"],
                (t["title"], page["value"]),
                tuple(make_cells(*line) for line in lines),
            ),
            FiguresTable(
                t["months"],
                (page["month"], t["cases"], page["change"]),
                months,
                folded=True,
            ),
            FiguresTable(
                t["steps"],
                (t["step"], t["left"]),
                tuple(make_cells(words.say_step(step), n) for step, n in lost),
                folded=True,
            ),
        ),
    )


def build_intake(found: Monitoring, words: MonitoringWording) -> Section:
    """Build how the newest cases differ from those of the training."""
    t, page = words.t["intake"], words.t["page"]
    notes = [t["note"]]
    two = found.two_samples
    if two is not None:
        said = t["told_apart" if two.differs else "not_told_apart"]
        chance = words.say_number(two.by_chance)
        notes.append(said.format(value=words.say_estimate(two.auc), chance=chance))
    by_size = sorted(found.psi.items(), key=lambda item: -(item[1] or 0.0))
    rows = tuple(
        make_cells(words.say_name(name), words.say_number(psi, decimals=1))
        for name, psi in by_size
    )
    tables = []
    if rows:
        tables.append(FiguresTable(t["psi_title"], (t["column"], t["psi"]), rows))
    else:
        notes.append(t["few"].format(n=FEWEST_NEW))
    for title, heading, shares in (
        (t["missing_title"], t["column"], found.missing),
        (t["codes_title"], t["code"], found.codes),
    ):
        rows = tuple(
            make_cells(
                words.say_name(name),
                words.say_share(share.now),
                words.say_share(share.before),
            )
            for name, share in shares.items()
        )
        columns = (heading, page["now"], page["before"])
        if rows:
            tables.append(FiguresTable(title, columns, rows, folded=True))
    return Section(t["title"], " ".join(notes), tables=tuple(tables))


def build_early(found: Monitoring, words: MonitoringWording) -> Section:
    """Build early states beside those forecast, and what is to be expected."""
    t, o = words.t["early"], words.t["outcomes"]
    tables = []
    if found.interim:
        rows = tuple(
            make_cells(
                str(of.weeks),
                *map(words.say_estimate, (of.observed, of.expected, of.difference)),
            )
            for of in found.interim
        )
        columns = (t["horizon"], t["observed"], t["expected"], t["difference"])
        tables.append(FiguresTable(t["states"], columns, rows))
    if found.expected:
        rows = tuple(
            make_cells(
                of.quarter,
                *(
                    words.say_estimate(of.figures.get(name))
                    for name in EXPECTED_FIGURES
                ),
                words.mark_quarter(of.quarter),
            )
            for of in found.expected
        )
        columns = (
            words.t["page"]["quarter"],
            *(o[name] for name in EXPECTED_FIGURES),
            words.t["page"]["change"],
        )
        tables.append(FiguresTable(t["performance"], columns, rows, t["blind_note"]))
    return Section(t["title"], t["note"], tables=tuple(tables))


def build_outcomes(found: Monitoring, words: MonitoringWording) -> Section:
    """Build calibration, discrimination and policy figures of the matured cases."""
    t, page, matured = words.t["outcomes"], words.t["page"], found.matured
    forms = t["note"]
    note = forms[matured.months != 1].format(n=matured.months)
    if not matured.estimates:
        return Section(t["title"], f"{note} {t['few']}")
    tables = [
        FiguresTable(
            t["metrics"],
            (t["metric"], page["value"]),
            tuple(
                make_cells(t[name], words.say_estimate(matured.estimates.get(name)))
                for name in METRICS
            ),
        )
    ]
    if matured.policy is not None:
        counts = matured.policy.estimates
        rows = tuple(
            make_cells(t[name], words.say_estimate(counts.get(name)))
            for name in POLICY_COUNTS
        )
        columns = (t["policy"], page["value"])
        tables.append(FiguresTable(t["policy"], columns, rows))
    rows = tuple(
        make_cells(
            of.name,
            words.say_number(of.n, decimals=0),
            *(words.say_estimate(of.estimates.get(name)) for name in METRICS),
            words.mark_quarter(of.name),
        )
        for of in matured.quarters
    )
    columns = (
        page["quarter"],
        words.t["delivery"]["cases"],
        *(t[name] for name in METRICS),
        page["change"],
    )
    tables.append(FiguresTable(t["quarters"], columns, rows, folded=True))
    rows = tuple(
        make_cells(
            _say_group(of.by, of.values, words),
            words.say_number(of.n, decimals=0),
            *(words.say_estimate(of.estimates.get(name)) for name in GROUP_FIGURES),
        )
        for of in matured.groups
    )
    columns = (
        t["group"],
        words.t["delivery"]["cases"],
        *(t[name] for name in GROUP_FIGURES),
    )
    tables.append(FiguresTable(t["groups"], columns, rows, folded=True))
    return Section(t["title"], note, tables=tuple(tables))


def _say_group(
    by: tuple[str, ...], values: tuple[str, ...], words: MonitoringWording
) -> str:
    named = zip(by, values, strict=True)
    return ", ".join(f"{words.say_name(column)}: {value}" for column, value in named)
