"""A dummy site of any specification: all its tables, made from the specification alone.

A municipality (municipality.py) has a truth that models are judged by. This has none:
it is there so that a command can be tried before any data are delivered, and so that
each branch of a specification has rows to go through.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.rules.code_groups import (
    SITE_CODES_WHOLE,
    CodeTable,
    read_shipped_code_table,
)
from riskscreen.rules.code_rows import parse_rows
from riskscreen.rules.states import OTHER_SUPPORT, get_group
from riskscreen.spec import Specification, list_named_groups
from riskscreen_synthetic.dummy_cases import DummyCases, count_weeks, draw_cases
from riskscreen_synthetic.dummy_histories import build_dated_table, build_history
from riskscreen_synthetic.registration import Random

_EXTRACT = date(2025, 1, 6)
_INTAKE = 150
_INTAKE_DAYS = 28
_NO_AUDIT_EVERY = 40
_SAID = (
    "Dummy data: no row is about a real person, and none tells anything of people.\n"
    "Made from the specification of {name} alone, seed {seed}. How its columns go\n"
    "with outcomes is made up: no figure of a model trained on them means anything.\n"
)


@dataclass(frozen=True)
class DummySite:
    """The tables of a dummy site of one target, and what it says of itself.

    ``intake`` are open cases, to be scored; the others train.
    """

    spec: Specification
    seed: int
    extract: date
    cases: pd.DataFrame
    intake: pd.DataFrame
    history: pd.DataFrame | None = None
    audit: pd.DataFrame | None = None
    outcomes: pd.DataFrame | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    code_groups: str | None = None

    def describe(self, out: Path) -> Iterator[str]:
        """Yield what a site in *out* holds, in counts alone."""
        yield f"Dummy data of {self.spec.name} (no truth in them) stand in {out}:"
        for name, table in {
            "cases": self.cases,
            "intake": self.intake,
            "history": self.history,
            "audit": self.audit,
            "outcomes": self.outcomes,
            **self.tables,
        }.items():
            if table is not None:
                yield f"  {name}: {len(table):,} rows"


def synthesise_dummy(
    spec: Specification, *, cases: int, years: int = 8, seed: int = 1
) -> DummySite:
    """Synthesise a site of about *cases* cases over *years*, to try *spec* on.

    Every level of a category, route, blank, fact that is not about a case, code group,
    end of a case, landmark and audit group has rows. The same arguments give the same
    site.
    """
    random = np.random.default_rng([seed, sum(spec.name.encode())])
    extract = _find_extract(spec)
    day, codes = pd.Timestamp(extract), read_shipped_code_table()
    made_codes = _make_code_groups(spec, codes)
    if made_codes is not None:
        codes = CodeTable(parse_rows(made_codes, name=SITE_CODES_WHOLE))
    trained = draw_cases(random, spec, _deal_days(spec, day, cases, years=years))
    open_ = draw_cases(random, spec, _deal_open(spec, day), at_run=True)
    open_ = _name_apart(open_)
    both, tables = (trained, open_), {}
    history = None
    if spec.history is not None:
        history = pd.concat(
            [build_history(random, spec, codes, of, extract=day) for of in both],
            ignore_index=True,
        )
    for declared in spec.tables:
        parts = [build_dated_table(random, declared, of, extract=day) for of in both]
        tables[declared.name] = pd.concat(parts, ignore_index=True)
    return DummySite(
        spec=spec,
        seed=seed,
        extract=extract,
        cases=_forget_later(trained.frame, day),
        intake=_forget_later(open_.frame, day),
        history=history,
        audit=_deal_audit(random, spec, trained.frame),
        outcomes=_tell_outcomes(spec, trained),
        tables=tables,
        code_groups=made_codes,
    )


def write_dummy(site: DummySite, folder: Path) -> None:
    """Write *site* into *folder*, which the caller stages."""
    name = site.spec.name
    intake, target = folder / "intake" / name, folder / name
    for needed in (intake, target):
        needed.mkdir(parents=True)
    (folder / "site.toml").write_text(_format_site_toml(site), encoding="utf-8")
    said = _SAID.format(name=name, seed=site.seed)
    (folder / "PROVENANCE").write_text(said, encoding="utf-8")
    if site.code_groups is not None:
        (folder / SITE_CODES_WHOLE).write_text(site.code_groups, encoding="utf-8")
    site.intake.to_parquet(intake / "cases.parquet", index=False)
    written = {"cases": site.cases, "audit": site.audit, "outcomes": site.outcomes}
    for table, rows in written.items():
        if rows is not None:
            rows.to_parquet(target / f"{table}.parquet", index=False)
    if site.history is not None:
        site.history.to_parquet(folder / "history.parquet", index=False)
    for table, rows in site.tables.items():
        rows.to_parquet(folder / f"{table}.parquet", index=False)


def _format_site_toml(site: DummySite) -> str:
    name = site.spec.name
    per_week = max(1, len(site.cases) // 2000)
    return (
        'name = "Prøvedata"\n'
        f"extract_date = {site.extract}\n"
        "synthetic = true\n\n"
        f'[intake.{name}]\npath = "intake/{name}/cases.parquet"\n\n'
        f'[places.{name}]\nshared_by = "site"\nper_week = {per_week}\n'
    )


def _find_extract(spec: Specification) -> date:
    """Return a day by which the outcomes of a fixed test are known."""
    if (fixed := spec.split.test_until or spec.split.train_until) is None:
        return _EXTRACT
    weeks = int(count_weeks(spec).max()) + spec.register_lag_weeks + 60
    return (pd.Timestamp(fixed) + pd.Timedelta(weeks=weeks)).date()


def _deal_days(
    spec: Specification, extract: pd.Timestamp, cases: int, *, years: int
) -> "pd.Series[pd.Timestamp] | pd.Series[int]":
    """Deal cases over the years up to the extract, or over the periods."""
    places = np.arange(cases)
    if spec.split.column == "period":
        periods = [*spec.split.train_periods, *spec.split.test_periods]
        return pd.Series([periods[place % len(periods)] for place in places])
    fixed = spec.split.train_until
    last = extract if fixed is None else pd.Timestamp(fixed)
    first = last - pd.DateOffset(years=years)
    days = (extract - first).days - 1
    return pd.Series(first + pd.to_timedelta(places * days // cases, unit="D"))


def _deal_open(
    spec: Specification, extract: pd.Timestamp
) -> "pd.Series[pd.Timestamp] | pd.Series[int]":
    """Deal the open cases: of the newest weeks, and of those about each landmark."""
    if spec.split.column == "period":
        return pd.Series([max(spec.split.test_periods)] * _INTAKE)
    ago = [place % _INTAKE_DAYS for place in range(_INTAKE)]
    for landmark in spec.landmarks:
        ago += [7 * (landmark.week + 1) + place for place in range(14)]
    return pd.Series(extract - pd.to_timedelta(ago, unit="D"))


def _name_apart(cases: DummyCases) -> DummyCases:
    """Return *cases* of other people than those that train."""
    apart = {n: "N" + cases.frame[n] for n in ("case_id", "person_id")}
    return DummyCases(cases.frame.assign(**apart), cases.pull, cases.branch)


def _forget_later(frame: pd.DataFrame, extract: pd.Timestamp) -> pd.DataFrame:
    """Return *frame* without the days of facts that nobody knew by the extract."""
    days = frame.select_dtypes("datetime").columns.drop(
        ["start_date", "decision_date"], errors="ignore"
    )
    return frame.assign(**{n: frame[n].mask(frame[n] > extract) for n in days})


def _deal_audit(
    random: Random, spec: Specification, cases: pd.DataFrame
) -> pd.DataFrame | None:
    """Deal the groups of the audit columns, each about as often."""
    if not spec.audit:
        return None
    held = np.arange(len(cases)) % _NO_AUDIT_EVERY > 0
    table = {"case_id": cases["case_id"].to_numpy()}
    for name, column in spec.audit.items():
        groups = column.values or ("gruppe 1", "gruppe 2")
        dealt = random.permutation(np.arange(len(cases)) % len(groups))
        table[name] = np.array(groups, dtype=object)[dealt]
    return pd.DataFrame(table)[held].reset_index(drop=True)


def _tell_outcomes(spec: Specification, cases: DummyCases) -> pd.DataFrame | None:
    """Tell the outcomes of a specification that derives none."""
    if spec.outcome.rule != "ready":
        return None
    long = (cases.pull > np.median(cases.pull)).astype(np.int64)
    return pd.DataFrame({"case_id": cases.frame["case_id"], "long": long})


def _make_code_groups(spec: Specification, shipped: CodeTable) -> str | None:
    """Make a code table of the specification's own groups, where it has others.

    None where the shipped table has the same.
    """
    if spec.history is None:
        return None
    named = list(dict.fromkeys(name for _, name in list_named_groups(spec)))
    if {*map(get_group, named)} - {OTHER_SUPPORT} == (
        {*shipped.groups} - {OTHER_SUPPORT}
    ):
        return None
    states = [name for name in named if name != OTHER_SUPPORT]
    rows = [(*state.partition(":")[::2], "") for state in states]
    done = [a for group in spec.history.groups.values() for a in group.activation]
    rows += [(get_group(states[0]), "", activation) for activation in done]
    lines = [
        f"{900 - place},{group},{attribute},{activation}"
        for place, (group, attribute, activation) in enumerate(rows)
    ]
    return "\n".join(["code,group,attribute,activation", *lines, ""])
