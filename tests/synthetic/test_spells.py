"""Spells are called what the law of their day calls them, week by week."""

from datetime import date

import numpy as np
import pytest

from riskscreen_synthetic.spells import (
    KIND,
    KINDS,
    OPEN,
    apply_reforms,
    build_spells,
    cut_spells,
    find_week_from,
    join_spells,
)

CODES = {
    "born": {
        "clarification": date(2014, 7, 1),
        "clarification_before": "sickness",
        "youth_assistance": date(2014, 1, 1),
        "youth_assistance_before": "assistance",
        "resource": date(2013, 1, 1),
        "resource_before": "rehabilitation",
    },
    "died": {
        "resource": date(2022, 7, 1),
        "resource_after": "clarification",
        "second_sickness": date(2019, 1, 1),
    },
}


def one(kind, first, last, *, second=False):
    weeks = (np.array([find_week_from(day)]) for day in (first, last))
    return build_spells(np.array([0]), kind, *weeks, second=second)


def told(spells):
    order = np.argsort(spells.start)
    rows = zip(spells.kind[order], spells.start[order], spells.end[order], strict=True)
    return [(KINDS[kind], int(start), int(end)) for kind, start, end in rows]


def test_the_first_whole_week_of_a_law_is_the_monday_on_or_after_its_day():
    assert find_week_from(date(2014, 7, 1)) == find_week_from(date(2014, 7, 7))
    assert find_week_from(date(2014, 6, 30)) == find_week_from(date(2014, 7, 7)) - 1


def test_a_spell_across_the_birth_of_its_kind_is_split_there():
    born = find_week_from(date(2014, 7, 7))
    spell = one("clarification", date(2014, 6, 2), date(2014, 9, 1))
    assert told(apply_reforms(spell, CODES)) == [
        ("sickness", born - 5, born),
        ("clarification", born, born + 8),
    ]


def test_a_spell_across_the_death_of_its_kind_is_coded_anew():
    died = find_week_from(date(2022, 7, 4))
    spell = one("resource", date(2022, 6, 6), date(2022, 8, 1))
    assert told(apply_reforms(spell, CODES)) == [
        ("resource", died - 4, died),
        ("clarification", died, died + 4),
    ]


@pytest.mark.parametrize(("year", "kept"), [(2018, True), (2020, False)])
def test_a_dead_second_code_is_not_given_any_more(year, kept):
    spell = one("sickness", date(year, 3, 5), date(year, 5, 7), second=True)
    assert bool(apply_reforms(spell, CODES).second[0]) is kept


def test_cutting_off_shortens_what_runs_and_drops_what_begins_later():
    person = np.array([0, 0, 1])
    spells = build_spells(
        person, "insured", np.array([0, 9, 0]), np.array([6, 12, OPEN])
    )
    cut = cut_spells(spells, np.array([4, OPEN]))
    assert list(zip(cut.person, cut.start, cut.end, strict=True)) == [
        (0, 0, 4),
        (1, 0, OPEN),
    ]


def test_spells_of_no_week_are_left_out_and_kinds_keep_their_number():
    nothing = build_spells(np.array([0]), "dead", np.array([5]), np.array([5]))
    something = build_spells(np.array([0]), "dead", np.array([5]), np.array([6]))
    assert join_spells([nothing, something]).kind.tolist() == [KIND["dead"]]
