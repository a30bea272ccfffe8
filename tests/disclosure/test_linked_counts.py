"""Tables of the same people in two blocks: what is hidden in one, none tells."""

import pandas as pd

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.disclosure.linked_counts import LinkedTable, hide_linked

WAITS = LinkedTable("who", "wait", ("all",), ("long", "short"))
WEEKS = LinkedTable("who", "week", ("all",), ("1", "2", "3", "4"))
TEAMS = LinkedTable("who", "team", ("all",), ("a", "b"))


def list_cells(weeks, teams):
    """Weeks 1 and 2 are a long wait, 3 and 4 a short one; the teams are the others."""
    waits = ("long", "long", "short", "short")
    by_week = [
        {"who": "all", "week": week, "wait": wait, "n": n, "by_week": True}
        for week, wait, n in zip("1234", waits, weeks, strict=True)
    ]
    by_team = [
        {"who": "all", "team": team, "n": n, "by_week": False}
        for team, n in zip("ab", teams, strict=True)
    ]
    return pd.DataFrame([*by_week, *by_team])


def hide(cells):
    return hide_linked(cells, [WAITS, WEEKS, TEAMS], link="who", block="by_week")


def test_large_counts_are_shown_in_every_table():
    waits, weeks, teams = hide(list_cells([20, 30, 40, 10], [60, 40]))
    assert waits.cells == ((50, 50),)
    assert weeks.cells == ((20, 30, 40, 10),)
    assert teams.cells == ((60, 40),)
    assert waits.row_totals == weeks.row_totals == teams.row_totals == (100,)


def test_a_small_week_takes_another_of_the_same_wait_and_not_the_cheapest():
    waits, weeks, teams = hide(list_cells([20, 9, 3, 15], [30, 17]))
    assert waits.cells == ((29, 18),)
    assert weeks.cells == ((20, 9, HIDDEN, HIDDEN),)
    assert teams.cells == ((30, 17),)


def test_a_count_of_nobody_is_shown():
    waits, weeks, _ = hide(list_cells([20, 9, 0, 0], [29, 0]))
    assert (waits.cells, weeks.cells) == (((29, 0),), ((20, 9, 0, 0),))


def test_two_blocks_are_the_same_people_by_their_link():
    """The large team would leave the small one, as the weeks tell their sum."""
    *_, teams = hide(list_cells([20, 30, 40, 10], [97, 3]))
    assert teams.cells == ((HIDDEN, HIDDEN),)
    assert teams.total == 100


def test_each_further_block_is_held_to_the_same_people():
    """The weeks and the teams tell the sum of the floors, and so the small one."""
    cells = list_cells([20, 30, 40, 10], [60, 40])
    floors = [
        {"who": "all", "floor": floor, "n": n, "by_week": "floors"}
        for floor, n in (("high", 97), ("low", 3))
    ]
    table = LinkedTable("who", "floor", ("all",), ("high", "low"))
    *_, shown = hide_linked(
        pd.concat([cells, pd.DataFrame(floors)], ignore_index=True),
        [WAITS, WEEKS, TEAMS, table],
        link="who",
        block="by_week",
    )
    assert shown.cells == ((HIDDEN, HIDDEN),)
    assert shown.total == 100
