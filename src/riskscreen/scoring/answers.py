"""What each case gets, whichever way it goes: one answer of a documented shape."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd

from riskscreen.model.reasons import ReasonTable
from riskscreen.model.records import Count, Finite, Record, Share, VersionDigest
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import describe_abstention
from riskscreen.rules.conditions import is_missing
from riskscreen.scoring.rows import Scoring
from riskscreen.spec import Specification
from riskscreen.text_arrays import list_cells
from riskscreen.texts import LANGUAGES
from riskscreen.validation.delivered import DeliveredColumns
from riskscreen.validation.keys import read_keys
from riskscreen.validation.schemas import (
    FLAGS,
    LANDMARK_WEEK,
    NO_ROWS_IN,
    RISK_BY,
    RISK_FROM,
    STILL_IN,
    STILL_IN_BY,
    UNREADABLE,
    list_horizon_columns,
    name_share_columns,
)


class BothLanguages(Record):
    """The same words in Danish and in English."""

    da: str
    en: str


class HorizonShares(Record):
    """P(long), P(not long) and P(left) at *weeks*; they sum to 1."""

    weeks: Count
    risk: Share | None
    not_long: Share | None
    left: Share | None


class KnownIn(Record):
    """Until when the case is known to be in, and the risk of who is in so long.

    ``week`` counts from the clock, ``by`` says what knows it: the case system's
    ``open_as_of``, the last visible week of the history, or T0 itself (intake).
    ``risk`` is P(long at the primary horizon) given that: a level, never an order of
    cases; null where the horizon has passed.
    """

    week: Count
    by: Literal["open_as_of", "history", "intake"]
    risk: Share | None


class AtLandmark(Record):
    """The landmark that a risk is of: ``more_weeks`` after its ``week`` of the clock.

    ``by`` says what says so: the landmark's own model, or step 1, the intake's model of
    who is still in.
    """

    week: Count
    more_weeks: Count
    by: Literal["own", "step_1"]


class OneReason(Record):
    """One reason: what it adds to the log-odds, and what the case has in it.

    ``points`` is its share of the way from base risk to risk; ``missing`` says that
    nothing stands there, ``unreadable`` that what does cannot be read. Only what is
    ``named`` may be shown to somebody as a resource or a barrier.
    """

    reason: str
    log_odds: Finite
    points: Finite
    changeable: bool
    named: bool
    missing: bool
    unreadable: bool
    words: BothLanguages


class SetAside(Record):
    """A row that was not used: of which table, which one (from 1), by which rule."""

    table: str
    row: Count
    rule: str


class Answer(Record):
    """What one case gets, whichever way it goes.

    ``status`` says which: *scored*; *abstained*, scored and not shown for the rules in
    ``abstained_rule``; *routed*, not scored for what ``route`` names; *set aside*, not
    scored for a rule that its row broke. What does not belong to a status is null.
    The risk is of the day ``risk_from``: of T0, or of the landmark that a case has
    passed since and is known to be in at (``landmark``, else null).
    Risks and shares lie between 0 and 1 (docs/tutorial/score.md says of what). The
    strongest reason comes first; ``inapplicable`` names those that are not about the
    case. ``still_in`` is null where the case is not seen as in any more, and where to
    be in is not to be long: weeks are counted (weeks_in), long is to have left
    (ended_within), or outcomes are delivered ready. ``flags`` name what the score's
    ground lacks: no_history, history_ends, unknown_codes, labels_too_old;
    ``unreadable`` and ``empty_tables`` name columns and tables, ``ignored`` the columns
    that nothing reads, by their place. Rows of the history that were not used are in
    ``set_aside``.
    """

    status: Literal["scored", "abstained", "routed", "set aside"]
    target: str
    case_id: str | None
    model_version: VersionDigest
    pilot: bool
    data_date: date | None
    scored_at: str
    risk: Share | None = None
    risk_from: date | None = None
    landmark: AtLandmark | None = None
    interval_low: Share | None = None
    interval_high: Share | None = None
    base_risk: Share | None = None
    not_long: Share | None = None
    left: Share | None = None
    horizons: tuple[HorizonShares, ...] = ()
    still_in: KnownIn | None = None
    proposed: bool | None = None
    threshold: Share | None = None
    threshold_of: Literal["unit", "site"] | None = None
    band: str | None = None
    reasons: tuple[OneReason, ...] = ()
    inapplicable: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    empty_tables: tuple[str, ...] = ()
    abstained_rule: str | None = None
    abstained_because: BothLanguages | None = None
    route: str | None = None
    route_words: BothLanguages | None = None
    set_aside: tuple[SetAside, ...] = ()
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def build_answers(
    model: RiskModel,
    cases: DeliveredColumns,
    scoring: Scoring,
    looked_up: Mapping[str, DeliveredColumns],
    *,
    as_of: date | None,
    scored_at: datetime,
) -> list[Answer]:
    """Return the answer to each row of *cases*, as *scoring* has it.

    *looked_up* are the history and the further tables that were scored with them, by
    name, with a ``person_id`` for each row.
    """
    common: dict[str, Any] = {
        "target": model.spec.name,
        "model_version": model.version,
        "pilot": model.pilot,
        "data_date": as_of,
        "scored_at": scored_at.isoformat(timespec="seconds"),
        "ignored": scoring.ignored,
        "warnings": scoring.warnings,
    }
    aside = _SetAside.deal(scoring.set_aside, looked_up)
    told = _list_rows(scoring.columns, _list_told(model.spec))
    scores = {row["case_id"]: row for row in told}
    routes = dict(zip(scoring.routed["case_id"], scoring.routed["route"], strict=True))
    reasons: dict[str, Any] = {}
    for table in scoring.reason_tables:
        reasons |= _list_reasons(table)
    names = list_cells(read_keys(cases["case_id"]).cells)
    persons = cases.list_cells("person_id")
    answers = []
    for place, (name, person) in enumerate(zip(names, persons, strict=True)):
        own = common | {"set_aside": aside.list_of(place, person)}
        if place in aside.cases:
            named = aside.names[place]
            answer = Answer(**own, status="set aside", case_id=named)
        elif name in scores:
            found = _take_scores(model, _to_plain(scores[name]))
            found["reasons"], found["inapplicable"] = reasons[name]
            answer = Answer.model_validate(own | found)
        else:
            answer = _build_routed(model, own, name, routes[name])
        answers.append(answer)
    return answers


@dataclass(frozen=True, slots=True)
class _SetAside:
    """Rows that were set aside: of the cases by place, of what was looked up by person.

    ``names`` has the case_id of a case's row by its place, where it could be read.
    """

    cases: Mapping[int, tuple[SetAside, ...]]
    names: Mapping[int, str | None]
    persons: Mapping[object, tuple[SetAside, ...]]

    @classmethod
    def deal(
        cls, rows: pd.DataFrame, looked_up: Mapping[str, DeliveredColumns]
    ) -> "_SetAside":
        """Deal the *rows* of a scoring's set_aside to whom they are of."""
        cases: dict[int, tuple[SetAside, ...]] = {}
        names: dict[int, str | None] = {}
        persons: dict[object, tuple[SetAside, ...]] = {}
        if rows.empty:
            return cls(cases, names, persons)
        owners = {file: of["person_id"].tolist() for file, of in looked_up.items()}
        # Lines count from the heading; a citizen's own rows count from 1.
        for file, line, name, rule in zip(
            *(rows[c] for c in ("file", "line", "case_id", "rule")), strict=True
        ):
            place = int(line) - 2
            if file not in owners:
                one = SetAside(table=file, row=1, rule=rule)
                cases[place] = (*cases.get(place, ()), one)
                names[place] = None if pd.isna(name) else str(name)
                continue
            person = owners[file][place]
            own = place - owners[file].index(person) + 1
            one = SetAside(table=file, row=own, rule=rule)
            persons[person] = (*persons.get(person, ()), one)
        return cls(cases, names, persons)

    def list_of(self, place: int, person: object) -> tuple[SetAside, ...]:
        """Return what was set aside of the case at *place*, and of its citizen."""
        return (*self.cases.get(place, ()), *self.persons.get(person, ()))


def _list_rows(
    arrays: Mapping[str, Any], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield each row by column."""
    columns = [list_cells(arrays[name]) for name in names]
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _to_plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(n): None if is_missing(value) else value for n, value in row.items()}


def _build_routed(
    model: RiskModel, own: Mapping[str, Any], name: str, route: str
) -> Answer:
    words = model.spec.population.list_words()[route]
    return Answer(
        **own,
        status="routed",
        case_id=name,
        route=route,
        route_words=BothLanguages(da=words.da, en=words.en),
    )


_AS_IT_STANDS = (
    *("case_id", "risk", "interval_low", "interval_high", "base_risk"),
    *("not_long", "left", "threshold", "threshold_of", "band", "abstained_rule"),
)
"""Columns of scores that an answer has under the same name."""


def _take_scores(model: RiskModel, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an answer that a row of scores holds."""
    week = row[LANDMARK_WEEK]
    features = model.find_stage(week).features
    rules, named = row["abstained_rule"], {f.name: f for f in features}
    because = rules and BothLanguages(
        **{lang: describe_abstention(rules, named, lang) for lang in LANGUAGES}
    )
    return {name: row[name] for name in _AS_IT_STANDS} | {
        "status": "abstained" if row["abstained"] else "scored",
        "pilot": bool(row["pilot"]),
        "proposed": bool(row["proposed"]),
        "horizons": tuple(_list_horizons(model.spec, row)),
        "still_in": _read_still_in(row),
        "risk_from": row[RISK_FROM] and row[RISK_FROM].date(),
        "landmark": week and _find_landmark(model.spec, week, row[RISK_BY]),
        "abstained_because": because,
        "flags": tuple(name for name in FLAGS if row[name]),
        "unreadable": tuple((row[UNREADABLE] or "").split()),
        "empty_tables": tuple((row[NO_ROWS_IN] or "").split()),
    }


def _list_told(spec: Specification) -> list[str]:
    """List the columns of scores that an answer is made of."""
    others = ("abstained", "pilot", "proposed", *FLAGS, UNREADABLE, NO_ROWS_IN)
    which = (LANDMARK_WEEK, RISK_BY, RISK_FROM)
    return [*_AS_IT_STANDS, *others, *which, *STILL_IN, *list_horizon_columns(spec)]


def _read_still_in(row: Mapping[str, Any]) -> KnownIn | None:
    if row[STILL_IN_BY] is None:
        return None
    week, by, risk = (row[name] for name in STILL_IN)
    return KnownIn(week=int(week), by=by, risk=risk)


def _find_landmark(spec: Specification, week: int, by: str) -> AtLandmark:
    more = next(of.more_weeks for of in spec.landmarks if of.week == week)
    return AtLandmark.model_validate({"week": week, "more_weeks": more, "by": by})


def _list_horizons(spec: Specification, row: Mapping[str, Any]) -> list[HorizonShares]:
    if spec.outcome.rule == "ready":
        return []
    weeks = sorted(horizon.weeks for horizon in spec.outcome.other_horizons)
    return [
        HorizonShares(
            weeks=at,
            **dict(
                zip(
                    ("risk", "not_long", "left"),
                    (row[name] for name in name_share_columns(at)),
                    strict=True,
                )
            ),
        )
        for at in weeks
    ]


def _list_reasons(
    table: ReasonTable,
) -> dict[str, tuple[tuple[OneReason, ...], tuple[str, ...]]]:
    """Return by case every reason that is about it, the strongest first, and others.

    The others are named alone.
    """
    rows = zip(
        table.log_odds.tolist(),
        table.points.tolist(),
        table.shown.tolist(),
        table.value.tolist(),
        table.missing.tolist(),
        table.named.tolist(),
        table.unreadable.tolist(),
        strict=True,
    )
    found = {}
    for case, (name, row) in enumerate(zip(table.case_ids, rows, strict=True)):
        absent = table.inapplicable[case].tolist()
        about = [place for place, without in enumerate(absent) if not without]
        reasons = []
        for place in sorted(about, key=lambda place: -abs(row[0][place])):
            log_odds, points, shown, value, missing, named, unreadable = (
                of[place] for of in row
            )
            reason = table.reasons[place]
            several = table.members.get(place)
            words = {
                lang: wording.describe_reason(
                    table.features[shown].name,
                    value,
                    unreadable=unreadable,
                    members="" if several is None else several[case],
                    label=reason.label.in_language(lang),
                )
                for lang, wording in table.wordings.items()
            }
            reasons.append(
                OneReason(
                    reason=reason.name,
                    log_odds=log_odds,
                    points=points,
                    changeable=reason.changeable,
                    named=named,
                    missing=missing,
                    unreadable=unreadable,
                    words=BothLanguages(**words),
                )
            )
        others = (table.reasons[n].name for n, without in enumerate(absent) if without)
        found[name] = tuple(reasons), tuple(others)
    return found
