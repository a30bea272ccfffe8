"""A site's folder as one checked table of cases, features and outcomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.admission import Names, People, admit_to_training
from riskscreen.codes import (
    CodeTable,
    Grouped,
    grouped,
    site_code_table,
    unknown_words,
)
from riskscreen.cohort import (
    Cohort,
    history_faults,
    left_out,
    select_cohort,
)
from riskscreen.features import build_features
from riskscreen.guarding import guarded
from riskscreen.history.index import HistoryIndex, index_spells
from riskscreen.history.precedence import order_groups
from riskscreen.history.visibility import count_visible_persons
from riskscreen.outcomes import (
    derive_outcomes,
    outcome_flips,
    ready_outcomes,
)
from riskscreen.progress import Reporter, Silent
from riskscreen.registers import ReadTable, read_history, read_table
from riskscreen.registers.site import Site, read_site
from riskscreen.schemas import (
    Checked,
    check_audit,
    check_cases,
    check_history,
    check_outcomes,
)
from riskscreen.schemas.cells import is_among
from riskscreen.schemas.contracts import is_dated
from riskscreen.schemas.joins import Join, require_share_met, require_some_met
from riskscreen.schemas.whole import HistorySurvey, require_reach
from riskscreen.spec import Specification, check_groups
from riskscreen.tables import fingerprint
from riskscreen.training.levels import name_audit_levels, name_levels

_NO_AUDIT = "There is no audit table, so groups cannot be judged."


@dataclass(frozen=True)
class Prepared:
    """Everything a training reads; ``features`` and ``outcomes`` follow ``cases``.

    ``cases`` are those at risk at T0 that no route takes. ``audit`` has a row per case
    too; only judging reads it. ``fingerprints`` are SHA-256 digests by table, ``notes``
    sentences for a person: how files were read, what was set aside, unread columns.
    ``keys`` are the patterns that the site states for whole identifiers.
    ``digests`` are the SHA-256 of what was read, by table. ``people_visible_at_t0`` is
    the share of the citizens with a row of the history that is visible at T0; scoring
    asks about as much of its own.
    """

    spec: Specification
    cases: pd.DataFrame
    features: pd.DataFrame
    outcomes: pd.DataFrame
    extract_date: date | None = None
    audit: pd.DataFrame | None = None
    attrition: pd.DataFrame = field(default_factory=pd.DataFrame)
    routed: pd.DataFrame = field(default_factory=pd.DataFrame)
    flips: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: HistoryIndex | None = None
    code_table_csv: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    made_up: bool = False
    people_visible_at_t0: float | None = None
    digests: Mapping[str, str] = field(default_factory=dict)

    def known(self) -> pd.DataFrame:
        """Cases with a binary outcome known by the extract date, as splits.py reads it.

        The index holds each case's position in ``cases``; ``long`` is 0 or 1.
        """
        outcome = self.outcomes["outcome"].astype(str).to_numpy()
        table = self.cases.assign(
            known_on=self.outcomes["known_on"].to_numpy(),
            long=(outcome == "long").astype(float),
        )
        return table.set_axis(range(len(table)))[np.isin(outcome, ("long", "not long"))]


@guarded
def prepare(
    spec: Specification, site: Site | Path, *, reporter: Reporter | None = None
) -> Prepared:
    """Read, check, route, follow up and describe the cases of *site* for *spec*.

    Raises FileError, TableError, SpecError or PersonalDataError where a file cannot be
    used; rows that break a rule are set aside and counted in the attrition.
    """
    tell = reporter or Silent()
    site = read_site(site) if isinstance(site, Path) else site
    extract_date = site.extract_date
    tell.say(f"{spec.name}: reading {site.folder}")
    source = site.cases(spec.name)
    read = read_table(source)
    checked = check_cases(
        spec,
        read.table,
        file=source.name,
        extract_date=extract_date,
        patterns=site.keys,
    )
    cases = _ordered(spec, checked)
    past = _past(spec, site, cases.kept)
    people = _people(spec, cases.kept, past)
    names = Names(cases=source.name, history=past.file)
    meeting = [admit_to_training(spec, people, names=names)] if people else []
    faults = _history_rules(spec, cases.kept, past)
    tell.say(f"{spec.name}: following up {len(cases.kept):,} cases")
    sound = cases.kept[faults.isna().to_numpy(dtype=bool)].reset_index(drop=True)
    cohort = _cohort(
        spec, sound, past, left=_left_before(read.rows_read, cases, faults)
    )
    ready = _ready_outcomes(spec, site, cohort.scored)
    outcomes = ready.table if ready else _derived(spec, site, cohort.scored, past)
    cohort, outcomes = _at_risk(cohort, outcomes)
    of_whom = cohort.scored["municipality"], cohort.scored["person_id"]
    scored = cohort.scored.assign(municipality=name_levels(*of_whom))
    tell.say(f"{spec.name}: describing {len(cohort.scored):,} cases at risk")
    audit = _audit(spec, site, cohort.scored)
    return Prepared(
        spec=spec,
        cases=scored,
        features=build_features(spec, cohort.scored, past.index),
        outcomes=outcomes,
        extract_date=extract_date,
        audit=audit.table if audit else None,
        attrition=cohort.attrition,
        routed=cohort.routed,
        flips=_flips(spec, cohort.scored, past, outcomes, extract_date=extract_date),
        history=past.index,
        code_table_csv=past.codes.to_csv_text() if past.codes else "",
        keys={name: pattern.pattern for name, pattern in site.keys.items()},
        fingerprints=_fingerprints(spec, cases, past, audit.table if audit else None),
        notes=(
            *_read_words(source.name, read),
            *_set_aside_words(source.name, cases),
            *(words for join in meeting for words in _absent_words(join)),
            *past.notes,
            *(ready.notes if ready else ()),
            *(audit.notes if audit else (_NO_AUDIT,)),
        ),
        made_up=site.synthetic,
        people_visible_at_t0=people.visible_share if people else None,
        digests={
            "cases": read.digest,
            "history": past.digest,
            "code_groups": past.codes.fingerprint() if past.codes else "",
            "outcomes": ready.digest if ready else "",
            "audit": audit.digest if audit else "",
        },
    )


def _ordered(spec: Specification, checked: Checked) -> Checked:
    """*checked* with its cases by time and id, however the file orders its rows.

    Folds, bagging, the draws of a bootstrap and the last bits of sums follow the order
    of the cases; the same cases must give the same model.
    """
    when = "decision_date" if is_dated(spec) else "period"
    kept = checked.kept.sort_values([when, "case_id"])
    return replace(
        checked,
        kept=kept.reset_index(drop=True),
        lines=checked.lines[kept.index.to_numpy()],
        unreadable=checked.unreadable.loc[kept.index].reset_index(drop=True),
    )


def _ordered_history(kept: pd.DataFrame) -> pd.DataFrame:
    """*kept* by person, days and code, so that rows that tie in one tie in no other."""
    names = ("person_id", "start_date", "end_date", "registered_on", "code")
    ranks = [pd.factorize(kept[name], sort=True)[0] for name in names if name in kept]
    return kept.iloc[np.lexsort(ranks[::-1])].reset_index(drop=True)


@dataclass(frozen=True)
class _Past:
    """A site's benefit history by groups, and whose part of it cannot be used."""

    codes: CodeTable | None = None
    read: Grouped | None = None
    index: HistoryIndex | None = None
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    broken: frozenset[str] = frozenset()
    file: str = "none"
    notes: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class _Beside:
    """A table beside the cases, one row per case in their order, and its notes."""

    table: pd.DataFrame
    notes: tuple[str, ...]
    digest: str = ""


def _past(spec: Specification, site: Site, cases: pd.DataFrame) -> _Past:
    if spec.history is None:
        return _Past()
    codes = site_code_table(site.folder)
    check_groups(spec, codes)
    source = site.history()
    read = read_history(source, extract_date=site.extract_date)
    checked = check_history(
        read.table,
        file=source.name,
        extract_date=site.extract_date,
        patterns=site.keys,
        ends=source.ends,
    )
    survey = HistorySurvey(source.name, site.extract_date)
    survey.add(checked)
    last_day = read.last_day or survey.end()
    require_reach(spec, last_day, as_of=site.extract_date, file=source.name)
    history = _ordered_history(checked.kept)
    by_group = grouped(history, codes, until=site.extract_date)
    unknown = by_group.unknown
    return _Past(
        codes=codes,
        read=by_group,
        index=index_spells(
            by_group.spells,
            pd.Index(cases["person_id"].unique(), dtype="str"),
            groups=order_groups(spec, codes.groups),
        ),
        history=history,
        broken=checked.persons_set_aside | read.persons_set_aside,
        file=source.name,
        digest=read.digest,
        notes=(
            *_read_words(source.name, read),
            *_set_aside_words(source.name, checked),
            *([unknown_words(unknown, file=source.name)] if len(unknown) else []),
        ),
    )


def _people(spec: Specification, cases: pd.DataFrame, past: _Past) -> People | None:
    """How many citizens of *cases* the history knows; None where none is read."""
    if past.index is None:
        return None
    found = set(past.history["person_id"].unique()) | past.broken
    return People(
        asked=len(past.index.persons),
        found=int(past.index.persons.isin(list(found)).sum()),
        visible=count_visible_persons(spec, cases, past.index),
    )


def _history_rules(
    spec: Specification, cases: pd.DataFrame, past: _Past
) -> "pd.Series[Any]":
    if past.read is None:
        return pd.Series(None, index=cases.index, dtype="str")
    return history_faults(
        spec,
        cases,
        persons=past.history["person_id"].unique(),
        unknown_from=past.read.unknown_from,
        broken=past.broken,
    )


def _left_before(
    rows: int, cases: Checked, faults: "pd.Series[Any]"
) -> list[tuple[str, int, str]]:
    """(step, left, why) of the rows that never reached the routes."""
    unread = rows - len(cases.kept) - len(cases.set_aside)
    return [
        ("unreadable", unread, "rows of the file that could not be read"),
        ("set aside", len(cases.set_aside), "rows that break the contract"),
        (
            "history",
            int(faults.notna().sum()),
            "cases whose history cannot be used",
        ),
    ]


def _cohort(
    spec: Specification,
    cases: pd.DataFrame,
    past: _Past,
    *,
    left: list[tuple[str, int, str]],
) -> Cohort:
    """The cohort, its attrition beginning with the rows that were delivered."""
    cohort = select_cohort(spec, cases, past.index)
    delivered = len(cases) + sum(n for _, n, _ in left)
    first = pd.DataFrame(
        [("delivered", 0, delivered, "rows of the file")],
        columns=cohort.attrition.columns,
    )
    for step, n, why in left:
        first = left_out(first, step=step, left=n, why=why)
    attrition = pd.concat([first, cohort.attrition.iloc[1:]], ignore_index=True)
    return replace(cohort, attrition=attrition)


def _derived(
    spec: Specification, site: Site, cases: pd.DataFrame, past: _Past
) -> pd.DataFrame:
    assert past.index is not None  # the specification guarantees a history
    return derive_outcomes(spec, cases, past.index, extract_date=site.extract_date)


def _ready_outcomes(
    spec: Specification, site: Site, cases: pd.DataFrame
) -> _Beside | None:
    """The delivered outcome of each case; None where outcomes are derived."""
    if spec.outcome.rule != "ready":
        return None
    source = site.outcomes(spec.name)
    read = read_table(source)
    checked = check_outcomes(read.table, file=source.name, patterns=site.keys)
    join = _join_cases(cases, checked, file=source.name)
    require_some_met(join)
    found = ready_outcomes(spec, checked.kept, cases)
    late = found["known_on"] > pd.Timestamp(site.extract_date)
    unknown = found["outcome"].mask(late, "not yet known")
    told = (
        *_read_words(source.name, read),
        *_set_aside_words(source.name, checked),
        *_absent_words(join),
    )
    return _Beside(found.assign(outcome=unknown), told, read.digest)


def _join_cases(cases: pd.DataFrame, checked: Checked, *, file: str) -> Join:
    """The cases, looked for in another table of cases."""
    found = int(is_among(cases["case_id"], checked.kept["case_id"]).sum())
    return Join("cases at T0", file, asked=len(cases), found=found)


def _absent_words(join: Join) -> Iterable[str]:
    return [join.words()] if join.absent else []


def _at_risk(cohort: Cohort, outcomes: pd.DataFrame) -> tuple[Cohort, pd.DataFrame]:
    """Without the cases that were over at T0; those after it still count down."""
    over = outcomes["over_at_t0"].to_numpy(dtype=bool)
    outcome = outcomes["outcome"].astype(str).to_numpy()[~over]
    steps = [
        ("over at T0", int(over.sum()), "no longer at risk at the decision date"),
        (
            "not yet known",
            int((outcome == "not yet known").sum()),
            "the horizon, with the register lag, ends after the extract date",
        ),
        (
            "left otherwise",
            int((outcome == "left otherwise").sum()),
            "exits that are neither long nor not long",
        ),
    ]
    attrition = cohort.attrition
    for step, n, why in steps:
        attrition = left_out(attrition, step=step, left=n, why=why)
    gone = pd.DataFrame(
        {"case_id": cohort.scored["case_id"][over].array, "route": "over_at_t0"}
    )
    kept = Cohort(
        scored=cohort.scored[~over].reset_index(drop=True),
        routed=pd.concat([cohort.routed, gone], ignore_index=True),
        attrition=attrition,
    )
    return kept, outcomes[~over].reset_index(drop=True)


def _flips(
    spec: Specification,
    cases: pd.DataFrame,
    past: _Past,
    outcomes: pd.DataFrame,
    *,
    extract_date: date,
) -> pd.DataFrame:
    if past.index is None or spec.outcome.rule == "ready":
        return pd.DataFrame()
    return outcome_flips(spec, cases, past.index, outcomes, extract_date=extract_date)


def _audit(spec: Specification, site: Site, cases: pd.DataFrame) -> _Beside | None:
    """The audit table; None where the site has none.

    Raises TableError where too few of the cases are in it: groups of nobody would be
    judged, and passed.
    """
    source = site.audit(spec.name) if spec.audit else None
    if source is None:
        return None
    read = read_table(source)
    checked = check_audit(spec, read.table, file=source.name, patterns=site.keys)
    join = _join_cases(cases, checked, file=source.name)
    bound = "delivery.audited_at_least"
    require_share_met(join, at_least=spec.delivery.audited_at_least, bound=bound)
    by_case = checked.kept.set_index("case_id").reindex(cases["case_id"])
    told = (
        *_read_words(source.name, read),
        *_set_aside_words(source.name, checked),
        *_absent_words(join),
    )
    named = name_audit_levels(spec, by_case.reset_index(drop=True), cases["person_id"])
    return _Beside(named, told, read.digest)


def _read_words(file: str, read: ReadTable) -> Iterable[str]:
    """How a table was read, each habit by itself."""
    return [f"{file}: {note}" for note in read.notes]


def _set_aside_words(file: str, checked: Checked) -> Iterable[str]:
    """Column, rule and count of what was set aside, and the columns never read."""
    for rule, n in checked.counts().items():
        yield f"{file}: {n} rows set aside ({rule})"
    for rule, n in checked.doubts.items():
        yield f"{file}: {n} cells could not be read ({rule})"
    yield from (f"{file}: {note}" for note in checked.notes)
    if checked.ignored:
        yield f"{file}: columns not declared, so not read: {', '.join(checked.ignored)}"


def _fingerprints(
    spec: Specification, cases: Checked, past: _Past, audit: pd.DataFrame | None
) -> dict[str, str]:
    found = {"specification": spec.fingerprint(), "cases": fingerprint(cases.kept)}
    if past.codes is not None:
        found |= {
            "history": fingerprint(past.history),
            "code_groups": past.codes.fingerprint(),
        }
    return found | ({"audit": fingerprint(audit)} if audit is not None else {})
