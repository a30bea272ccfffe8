"""History features computed part of the history by part, in bounded memory."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.features.catalogue import catalogue
from riskscreen.features.history import fill_history
from riskscreen.features.plan import history_plan
from riskscreen.ledger import SpellArrays, ledger
from riskscreen.spec import Specification
from riskscreen.timeline import Days, to_days

Places = npt.NDArray[np.int64]
Persons: TypeAlias = Any
"""Texts in a row: an Arrow array, an array of objects or a list."""


class HistoryPart(SpellArrays, Protocol):
    """The history of some persons: each person's spells by start, then by group."""

    @property
    def person_ids(self) -> Persons:
        """The persons, in the order of ``offsets``."""


def history_feature_parts(
    spec: Specification,
    cases: pd.DataFrame,
    parts: Iterable[HistoryPart],
    *,
    code_groups: tuple[str, ...],
) -> Iterator[pd.DataFrame]:
    """The history features of *cases*, one frame per part of the history.

    A frame holds the cases of the part's persons; the last one those of persons that no
    part had. The index holds the case_id; a person stands in one part only. Values are
    those of build_features to the last bit. Memory goes with the cases and the largest
    part, not with the number of persons. Raises the errors of build_features.
    """
    by_person = _ByPerson(cases)
    waiting = np.ones(len(cases), dtype=np.bool_)
    decided = to_days(cases["decision_date"])
    for part in parts:
        rows, person = by_person.of(part.person_ids)
        waiting[rows] = False
        table = _computed(
            spec, part, person=person, decided=decided[rows], code_groups=code_groups
        )
        yield table.set_index(pd.Index(cases["case_id"].take(rows)))
    rows = np.flatnonzero(waiting)
    absent = cases["person_id"].take(rows)
    check_present(spec, absent=absent.nunique())
    nothing = ledger(_no_spells(), pd.Index(absent.unique()), groups=code_groups)
    table = _computed(
        spec,
        nothing,
        person=np.full(len(rows), -1),
        decided=decided[rows],
        code_groups=code_groups,
    )
    yield table.set_index(pd.Index(cases["case_id"].take(rows)))


def check_present(spec: Specification, *, absent: int) -> None:
    """Raise TableError where persons without a row are an error, and there are some."""
    if absent and spec.history and spec.history.absent_person == "error":
        raise TableError(
            f"history: {absent} persons of the cases have no row in it. Deliver "
            'their history, or declare absent_person = "self_supporting".'
        )


class _ByPerson:
    """The rows of *cases* by person, so that a part finds its cases at once."""

    def __init__(self, cases: pd.DataFrame) -> None:
        codes, persons = pd.factorize(cases["person_id"])
        self._persons = pd.Index(persons)
        self._order = np.argsort(codes, kind="stable")
        self._first = np.searchsorted(
            codes[self._order], np.arange(len(self._persons) + 1)
        )

    def of(self, person_ids: Persons) -> tuple[Places, Places]:
        """The rows of the persons' cases, and each row's place among the persons."""
        code = self._persons.get_indexer(pd.Index(pd.Series(person_ids, dtype="str")))
        place = np.flatnonzero(code >= 0)
        code = code[place]
        count = self._first[code + 1] - self._first[code]
        skipped = np.repeat(np.cumsum(count) - count, count)
        at = np.repeat(self._first[code], count) + np.arange(count.sum()) - skipped
        return self._order[at], np.repeat(place, count)


def _computed(
    spec: Specification,
    spells: SpellArrays,
    *,
    person: Places,
    decided: Days,
    code_groups: tuple[str, ...],
) -> pd.DataFrame:
    plan = history_plan(spec, code_groups=code_groups)
    table = np.empty((len(person), plan.n_features))
    fill_history(table, plan, spells, person=person, decision_days=decided)
    names = [f.name for f in catalogue(spec) if f.family != "intake"]
    return pd.DataFrame(table, columns=names)


def _no_spells() -> pd.DataFrame:
    dates = pd.Series(dtype="datetime64[s]")
    text = pd.Series(dtype="str")
    return pd.DataFrame(
        {"person_id": text, "group": text, "start_date": dates, "end_date": dates}
    )
