"""A renumbered benefit: its citizens are scored and flagged, the run warns or stops.

From the newest quarter on a part of the citizens on sickness benefit stand on a
code that no table knows. Four doors are asked: ``model.score``, the commands score and
check, and a training's reading.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from typer.testing import CliRunner

import riskscreen
from benchmarks.light_fit import lighten
from benchmarks.policy_rows import Row
from riskscreen.cli import app
from riskscreen.errors import UnknownCodesError
from riskscreen.readers.site import read_site
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.spec import Specification, read_specification
from riskscreen.training import prepare, train
from riskscreen_synthetic import synthesise_site, write_site
from tests.approving import save_approved

TARGET = "long_absence"
MODELS = Path(__file__).parents[2] / "models"
RENUMBERED, NEW_CODE = "890", "4711"
DOORS = ("model.score", "score", "check", "train")
_OPTION = "--accept-unknown-codes"
_EXIT = UnknownCodesError.exit_code
_SET_ASIDE_EXIT = 3
_REFUSED, _WARNED, _SILENT = "refused", "warned", "silent"


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield what each door does at 2 % and at 8 %; *quick* is a smoke size."""
    with tempfile.TemporaryDirectory() as room:
        site = _build_site(Path(room), cases=700 if quick else 2_400)
        known = set(site.score(site.history, accept=False).scores["case_id"])
        few, many = (site.renumber(share) for share in (0.02, 0.08))
        weeks = "of the newest quarter's weeks"
        yield _judge(site, few, f"2 % {weeks}", known, accept=False)
        refused = site.ask_doors(many, accept=False)
        yield Row(
            f"a renumbered benefit, 8 % {weeks}",
            _describe(refused),
            "refused at every door",
            set(refused.values()) == {_REFUSED},
        )
        yield _judge(site, many, f"8 % {weeks}, {_OPTION}", known, accept=True)


@dataclass(frozen=True)
class _Site:
    """A site with its newest cases, and an approved model that was trained on it."""

    folder: Path
    model: ApprovedModel
    spec: Specification
    cases: pd.DataFrame
    history: pd.DataFrame
    extracted: date

    @property
    def quarter(self) -> pd.Timestamp:
        """The first day of the newest quarter."""
        return pd.Timestamp(self.extracted) + timedelta(days=1 - 7 * 13)

    def renumber(self, share: float) -> pd.DataFrame:
        """Return the history with *share* of the quarter's weeks on the new code.

        People on the benefit are taken until their weeks are as many, those of the
        newest cases first, for they are the ones who are scored.
        """
        past, end = self.history, pd.Timestamp(self.extracted) + timedelta(days=1)
        first = past["start_date"].clip(lower=self.quarter)
        days = (past["end_date"].fillna(end).clip(upper=end) - first).dt.days.clip(0)
        own = days.where(past["code"] == RENUMBERED, 0)
        people = own.groupby(past["person_id"]).sum()
        people = people[people > 0]
        people = people.iloc[np.argsort(~people.index.isin(self.cases["person_id"]))]
        taken = people.index[people.cumsum() <= share * days.sum()]
        moved = past["person_id"].isin(taken) & (own > 0)
        before = past.assign(
            end_date=past["end_date"].mask(moved, self.quarter).astype("datetime64[s]")
        )
        before = before[~moved | (before["start_date"] < self.quarter)]
        after = past[moved].assign(code=NEW_CODE, start_date=first[moved])
        return pd.concat([before, after], ignore_index=True)

    def score(self, history: pd.DataFrame, *, accept: bool) -> Any:
        """Score the newest cases in one frame."""
        return self.model.score(
            self.cases, history, as_of=self.extracted, accept_unknown_codes=accept
        )

    def ask_doors(self, history: pd.DataFrame, *, accept: bool) -> dict[str, str]:
        """Return what each of DOORS does with *history*: refused, warned or silent."""
        history.to_parquet(self.folder / "history.parquet", index=False)
        option = [_OPTION] if accept else []
        model = self.folder.parent / "model"
        score = ["score", self.folder.parent / "cases.parquet"]
        score += ["--history", self.folder / "history.parquet", "--model", model]
        score += ["--as-of", self.extracted, "--out", self.folder.parent / "out"]
        check = ["check", "--site", self.folder, "--models", MODELS]
        check += ["--target", TARGET]
        return {
            "model.score": self._ask_live(history, accept=accept),
            "score": _run([*score, *option]),
            "check": _run([*check, *option]),
            "train": self._ask_training(accept=accept),
        }

    def _ask_live(self, history: pd.DataFrame, *, accept: bool) -> str:
        try:
            return _WARNED if self.score(history, accept=accept).warnings else _SILENT
        except UnknownCodesError:
            return _REFUSED

    def _ask_training(self, *, accept: bool) -> str:
        site = read_site(self.folder)
        try:
            notes = prepare(self.spec, site, accept_unknown_codes=accept).notes
        except UnknownCodesError:
            return _REFUSED
        return _WARNED if any(map(_warns, notes)) else _SILENT

    def see_new_code(self, history: pd.DataFrame) -> set[str]:
        """Return the cases that see a week on the new code, asked row by row."""
        lag = 7 * self.spec.register_lag_weeks
        new = history[history["code"] == NEW_CODE]
        seeing = set()
        for case in self.cases.itertuples():
            monday = case.decision_date - timedelta(days=case.decision_date.weekday())
            own = new[new["person_id"] == case.person_id]
            known = own["registered_on"] < case.decision_date
            if (known & (own["start_date"] < monday - timedelta(days=lag))).any():
                seeing.add(case.case_id)
        return seeing


def _judge(
    site: _Site, history: pd.DataFrame, what: str, known: set[str], *, accept: bool
) -> Row:
    """Return whether everybody of before is scored, flagged where due, and warned."""
    scoring = site.score(history, accept=accept)
    scores, doors = scoring.scores, site.ask_doors(history, accept=accept)
    scored = known & set(scores["case_id"])
    flagged = set(scores["case_id"][scores["unknown_codes"]])
    due = site.see_new_code(history) & set(scores["case_id"])
    return Row(
        f"a renumbered benefit, {what}",
        f"{len(scored)} of {len(known)} scored, {len(scoring.set_aside)} set aside; "
        f"{len(flagged & due)} of {len(due)} flagged and {len(flagged - due)} others; "
        + _describe(doors),
        "scored, flagged, warned",
        scored == known
        and scoring.set_aside.empty
        and flagged == due != set()
        and set(doors.values()) == {_WARNED},
    )


def _describe(doors: dict[str, str]) -> str:
    return ", ".join(f"{door} {what}" for door, what in doors.items())


def _run(arguments: list[object]) -> str:
    """Run a command and return whether it refused, warned or said nothing."""
    ran = CliRunner().invoke(app, [*map(str, arguments)])
    if ran.exit_code == _EXIT or isinstance(ran.exception, UnknownCodesError):
        return _REFUSED
    if ran.exit_code not in (0, _SET_ASIDE_EXIT):
        raise RuntimeError(f"{arguments[0]} ended with {ran.exit_code}: {ran.output}")
    return _WARNED if any(map(_warns, ran.output.splitlines())) else _SILENT


def _warns(words: str) -> bool:
    return "weeks of the newest quarter" in words


def _build_site(room: Path, *, cases: int) -> _Site:
    """Make a site, train a light model on it and approve it."""
    made = synthesise_site(cases=cases, years=6, seed=11)
    folder = room / "site"
    write_site(made, folder)
    for stale in (*folder.glob("history*"), *folder.glob("dream*")):
        stale.unlink()
    made.history.to_parquet(folder / "history.parquet", index=False)
    spec = lighten(read_specification(MODELS / f"{TARGET}.toml"))
    stated = read_site(folder)
    model = train(prepare(spec, stated)).model
    save_approved(model, room / "model")
    every = made.targets[TARGET].cases
    newest = every["decision_date"] >= np.datetime64(
        stated.extract_date - timedelta(weeks=26)
    )
    chosen = every[newest].reset_index(drop=True)
    chosen.to_parquet(room / "cases.parquet", index=False)
    loaded = riskscreen.load_model(room / "model")
    day = stated.extract_date
    return _Site(folder, loaded, spec, chosen, made.history, day)
