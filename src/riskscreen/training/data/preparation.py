"""Read a site's folder into what a training reads: checked, routed, followed up."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from riskscreen.array_tables import mark_missing
from riskscreen.arrivals import name_units
from riskscreen.disclosure.levels import merge_small_levels
from riskscreen.features import build_features
from riskscreen.files import fingerprint_table
from riskscreen.guarding import guarded
from riskscreen.history.dated_tables import get_indexes, read_delivered_tables
from riskscreen.history.index import HistoryIndex
from riskscreen.history.reading import Asked, PersonHistory, read_person_history
from riskscreen.history.unknown_codes import describe_unknown, judge_quarter
from riskscreen.objections import read_objections
from riskscreen.outcomes import count_label_flips, derive_outcomes
from riskscreen.population.admit import admit
from riskscreen.population.people import (
    FileNames,
    count_persons,
    require_history_for_training,
)
from riskscreen.population.routes import Cohort, Steps, add_attrition_step
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.readers import read_table
from riskscreen.readers.site import Site, read_site
from riskscreen.rules.code_groups import read_site_code_table
from riskscreen.rules.model_codes import fingerprint_meaning, select_meaning
from riskscreen.rules.reforms import read_site_reforms, select_reforms
from riskscreen.spec import Specification, check_groups, list_rules
from riskscreen.training.data.beside import (
    TableBeside,
    describe_table,
    read_audit,
    read_case_efforts,
    read_ready_outcomes,
)
from riskscreen.training.data.dataset import Dataset
from riskscreen.validation import CheckedTable, check_cases
from riskscreen.validation.beside import describe_missing_audit
from riskscreen.validation.checking import (
    describe_ignored,
    describe_set_aside,
    require_rows,
)
from riskscreen.validation.schemas import is_dated
from riskscreen.validation.surveys import require_reach


@guarded
def prepare(
    spec: Specification,
    site: Site | Path,
    *,
    accept_unknown_codes: bool = False,
    objected: Collection[str] | None = None,
    reporter: Reporter | None = None,
) -> Dataset:
    """Read, check, route, follow up and describe the cases of *site* for *spec*.

    *objected* are the citizens who object to training; left out, those who stand in the
    site's objections.csv now. Raises FileError, TableError, SpecError or
    PersonalDataError where a file cannot be used, and UnknownCodesError where too many
    of the newest weeks stand on unknown benefit codes, unless *accept_unknown_codes*;
    rows that break a rule are set aside and counted in the attrition.
    """
    tell = reporter or SilentReporter()
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
    require_rows(read.rows_read, file=source.name)
    cases = _ordered(spec, checked)
    past = _past(spec, site, cases.kept, accepted=accept_unknown_codes)
    if past.warning:
        tell.say(f"Warning: {past.warning}")
    tables = read_delivered_tables(
        spec,
        site.tables([table.name for table in spec.tables]),
        pd.Index(cases.kept["person_id"].unique(), dtype="str"),
        extract_date=extract_date,
        patterns=site.keys,
    )
    persons = None
    if past.read:
        names = FileNames(cases=source.name, history=past.file)
        persons = count_persons(spec, cases.kept, past.read, names=names)
        require_history_for_training(spec, persons)
    tell.say(f"{spec.name}: following up {len(cases.kept):,} cases")
    if objected is None:
        # From whenever it is: what is trained today scores tomorrow.
        objections = read_objections(site.folder, patterns=site.keys)
        objected = objections.find_people("training", on=date.max)
    allowed = cases.kept[~cases.kept["person_id"].isin(objected)]
    admission = admit(
        spec,
        cases.kept,
        past.read,
        extracted=extract_date,
        at_run=False,
        objected=objected,
    )
    left = _left_before(read.rows_read, cases, admission.faults)
    cohort = _with_all_delivered(admission.cohort, left=left)
    index = past.read.index if past.read else None
    ready = read_ready_outcomes(spec, site, cohort.scored)
    outcomes = ready.table if ready else _derived(spec, site, cohort.scored, index)
    cohort = _count_unknown(cohort, outcomes, ready=ready is not None)
    of_whom = cohort.scored["municipality"], cohort.scored["person_id"]
    scored = cohort.scored.assign(municipality=merge_small_levels(*of_whom))
    tell.say(f"{spec.name}: describing {len(cohort.scored):,} cases")
    further = get_indexes(tables)
    audit = read_audit(spec, site, cohort.scored)
    efforts = read_case_efforts(spec, site, cohort.scored)
    return Dataset(
        spec=spec,
        cases=scored,
        features=build_features(spec, cohort.scored, index, further),
        outcomes=outcomes,
        extract_date=extract_date,
        audit=audit.table if audit else None,
        attrition=cohort.attrition,
        routed=cohort.routed,
        label_noise=_measure_label_noise(
            spec, cohort.scored, index, outcomes, extract_date=extract_date
        ),
        history=index,
        tables=further,
        code_table_csv=past.meaning,
        keys={name: pattern.pattern for name, pattern in site.keys.items()},
        fingerprints=_fingerprints(spec, allowed, past, audit.table if audit else None)
        | {f"table_{name}": rows.fingerprint for name, rows in tables.items()},
        notes=(
            *describe_table(
                source.name, read, cases, persons.found if persons else None
            ),
            *past.notes,
            *(note for rows in tables.values() for note in rows.describe()),
            *(ready.notes if ready else ()),
            *_describe_audit(spec, audit),
            *(efforts.notes if efforts else ()),
        ),
        synthetic=site.synthetic,
        people_visible_at_t0=persons.visible.share if persons else None,
        units=pd.Series(
            # As the case system has them: small levels are not merged.
            name_units(cohort.scored["municipality"], cohort.scored["team"])
        ),
        places=site.find_places(spec.name),
        efforts=efforts.table if efforts else None,
        objected=frozenset(objected),
        reforms=select_reforms(
            read_site_reforms(site.folder, synthetic=site.synthetic),
            spec.name,
            list_rules(spec),
        ),
        digests={
            "cases": read.digest,
            "history": past.read.digest if past.read else "",
            "code_groups": fingerprint_meaning(past.meaning) if past.meaning else "",
            "outcomes": ready.digest if ready else "",
            "audit": audit.digest if audit else "",
            "efforts": efforts.digest if efforts else "",
        }
        | {f"table_{name}": rows.digest for name, rows in tables.items()},
    )


def _ordered(spec: Specification, checked: CheckedTable) -> CheckedTable:
    """Order the cases of *checked* by time and id, however the file has its rows.

    Folds, bagging, the draws of a bootstrap and the last bits of sums follow the order
    of the cases; the same cases must give the same model.
    """
    when = "decision_date" if is_dated(spec) else "period"
    places = checked.kept.sort_values([when, "case_id"]).index.to_numpy()
    return replace(
        checked,
        columns=checked.columns.take(places),
        lines=checked.lines[places],
        unreadable=checked.unreadable[places],
    )


@dataclass(frozen=True)
class _Past:
    """The benefit history of the cases' people, and what its codes mean."""

    meaning: str = ""
    read: PersonHistory | None = None
    file: str = "none"
    notes: tuple[str, ...] = ()
    warning: str | None = None


def _past(
    spec: Specification, site: Site, cases: pd.DataFrame, *, accepted: bool
) -> _Past:
    if spec.history is None:
        return _Past()
    codes = read_site_code_table(site.folder)
    check_groups(spec, codes)
    source, day = site.history(), site.extract_date
    persons = pd.Index(cases["person_id"].unique(), dtype="str")
    asked = Asked(spec, codes, persons, file=source.name, until=day)
    read = read_person_history(source, asked, extract_date=day, patterns=site.keys)
    require_reach(spec, read.last_day, as_of=day, file=source.name)
    warning = judge_quarter(spec, read.quarter, file=source.name, accepted=accepted)
    unknown = read.unknown
    notes = [
        *read.notes,
        *describe_set_aside(read.set_aside["rule"]),
        *describe_ignored(read.ignored),
    ]
    return _Past(
        meaning=select_meaning(
            codes, until=day, activation=spec.history.reads_activation
        ),
        read=read,
        file=source.name,
        notes=(
            *(f"{source.name}: {words}" for words in notes),
            *([describe_unknown(unknown, file=source.name)] if len(unknown) else []),
            *([warning] if warning else []),
        ),
        warning=warning,
    )


def _left_before(
    rows: int, cases: CheckedTable, faults: Any
) -> list[tuple[str, int, str]]:
    """(step, left, why) of the rows that never reached the routes."""
    unread = rows - len(cases.kept) - len(cases.set_aside)
    return [
        ("unreadable", unread, "rows of the file that could not be read"),
        ("set aside", len(cases.set_aside), "rows that break the contract"),
        (
            "history",
            int((~mark_missing(faults)).sum()),
            "cases whose history cannot be used",
        ),
    ]


def _describe_audit(spec: Specification, audit: TableBeside | None) -> tuple[str, ...]:
    """Return the notes of the audit table, or that the declared one is not there."""
    if audit is None and spec.audit:
        return (describe_missing_audit(spec),)
    return audit.notes if audit else ()


def _with_all_delivered(
    cohort: Cohort[pd.DataFrame], *, left: list[tuple[str, int, str]]
) -> Cohort[pd.DataFrame]:
    """*cohort* with its attrition beginning with the rows that were delivered."""
    (_, _, kept, _), *routed = cohort.steps
    delivered = kept + sum(n for _, n, _ in left)
    first: Steps = (("delivered", 0, delivered, "rows of the file"),)
    for step, n, why in left:
        first = add_attrition_step(first, step=step, left=n, why=why)
    return replace(cohort, steps=(*first, *routed))


def _derived(
    spec: Specification, site: Site, cases: pd.DataFrame, history: HistoryIndex | None
) -> pd.DataFrame:
    assert history is not None  # the specification guarantees it
    return derive_outcomes(spec, cases, history, extract_date=site.extract_date)


def _count_unknown(
    cohort: Cohort[pd.DataFrame], outcomes: pd.DataFrame, *, ready: bool
) -> Cohort[pd.DataFrame]:
    """Return *cohort* with the cases without an outcome counted down.

    Whoever left otherwise has one: the case is not long.
    """
    why = "the horizon, with the register lag, ends after the extract date"
    if ready:
        why = "no outcome is delivered, or it was known after the extract date"
    steps = cohort.steps
    open_still = int((outcomes["outcome"].astype(str) == "censored").sum())
    if "lost" in outcomes:
        lost = int(outcomes["lost"].sum())
        stood_for = "censored before the horizon; the others weigh more and stand for "
        steps = add_attrition_step(
            steps, step="followed too short", left=lost, why=f"{stood_for}them"
        )
        open_still -= lost
    steps = add_attrition_step(steps, step="censored", left=open_still, why=why)
    return replace(cohort, steps=steps)


def _measure_label_noise(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex | None,
    outcomes: pd.DataFrame,
    *,
    extract_date: date,
) -> pd.DataFrame:
    if history is None or spec.outcome.rule == "ready":
        return pd.DataFrame()
    return count_label_flips(spec, cases, history, outcomes, extract_date=extract_date)


def _fingerprints(
    spec: Specification, cases: pd.DataFrame, past: _Past, audit: pd.DataFrame | None
) -> dict[str, str]:
    found = {
        "specification": spec.fingerprint(),
        "cases": fingerprint_table(cases),
    }
    if past.read is not None:
        found |= {
            "history": past.read.fingerprint,
            "code_groups": fingerprint_meaning(past.meaning),
        }
    return found | ({"audit": fingerprint_table(audit)} if audit is not None else {})
