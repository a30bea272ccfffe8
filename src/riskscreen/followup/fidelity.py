"""Fidelity: how close practice is to the model, as staff and managers answer.

As *Sammen om fastholdelse, surveynotat til slutmålingen* (2019) counts it: the mean of
19 questions from 1 to 5 (5 the best) without don't-knows, valid from 15 questions on;
the total is the mean of the staff's and the managers' means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskscreen.disclosure.counts import ShownCounts, count_shown
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.validation.follow_up import BARRIERS, EXCEPTIONS, SCALE

FEWEST_QUESTIONS = 15
ROLES = ("staff", "manager")


@dataclass(frozen=True, slots=True)
class Fidelity:
    """A team's fidelity in one round; None where an answer is missing or void.

    ``answered`` has how many answered, by role: at least one of them each question.
    """

    team: str
    round: int
    staff: float | None
    manager: float | None
    total: float | None
    change: float | None
    answered: tuple[int, int]

    @property
    def shows_roles(self) -> bool:
        """Whether the means of the roles may be shown: neither is of few people.

        The total beside one of them tells the other.
        """
        return all(n >= SMALLEST_GROUP for n in self.answered)


def measure_fidelity(answers: pd.DataFrame) -> list[Fidelity]:
    """Measure every team and round in *answers*, the checked table.

    The highest total of the last round first, then teams without one by name. The
    change is that from the team's first valid total of the first round delivered.
    """
    on_scale = answers[answers["question"].isin(SCALE)]
    rounds = sorted(int(n) for n in on_scale["round"].unique())
    teams = sorted(on_scale["team"].unique())
    found: dict[tuple[str, int], Fidelity] = {}
    by_group = dict(list(on_scale.groupby(["team", "round", "role"])))
    for team in teams:
        for number in rounds:
            rows = [by_group.get((team, number, role)) for role in ROLES]
            if all(one is None for one in rows):
                continue
            staff, manager = (average_answers(one) for one in rows)
            total = combine_roles(staff, manager)
            first = found.get((team, rounds[0]))
            found[team, number] = Fidelity(
                team,
                number,
                staff,
                manager,
                total,
                compare_rounds(first.total if first else None, total),
                (_count_people(rows[0]), _count_people(rows[1])),
            )
    last = {of.team: of.total for of in found.values()}

    def order(of: Fidelity) -> tuple[bool, float, str, int]:
        total = last[of.team]
        return (total is None, -(total or 0.0), of.team, of.round)

    return sorted(found.values(), key=order)


def average_answers(answers: pd.DataFrame | None) -> float | None:
    """Return the mean over the questions of the mean answer to each.

    Don't-knows are left out. None where fewer than FEWEST_QUESTIONS have an answer.
    """
    if answers is None:
        return None
    by_question = answers.dropna(subset="answer").groupby("question")["answer"].mean()
    if len(by_question) < FEWEST_QUESTIONS:
        return None
    return float(by_question.mean())


def combine_roles(staff: float | None, manager: float | None) -> float | None:
    """Return the total: the mean of the two means, None without both."""
    return None if staff is None or manager is None else (staff + manager) / 2


def compare_rounds(first: float | None, last: float | None) -> float | None:
    """Return the change from the *first* total to the *last*, None without both."""
    return None if first is None or last is None else last - first


def count_named(
    answers: pd.DataFrame, points: Sequence[str] = (*BARRIERS, *EXCEPTIONS)
) -> dict[int, dict[str, ShownCounts]]:
    """Count in each round who named each of *points*, by role: named, or not.

    A point that nobody was asked about is not there.
    """
    asked = answers[answers["question"].isin(points) & answers["answer"].notna()]
    counts: dict[int, dict[str, ShownCounts]] = {}
    for number in sorted(int(n) for n in asked["round"].unique()):
        rows = asked[asked["round"] == number]
        counts[number] = {
            point: count_shown(
                own["role"],
                own["answer"].map({1.0: "named", 0.0: "not_named"}),
                ROLES,
                ("named", "not_named"),
            )
            for point in points
            if len(own := rows[rows["question"] == point])
        }
    return counts


def _count_people(answers: pd.DataFrame | None) -> int:
    """Count who answered: as many as the question with the most rows has."""
    if answers is None:
        return 0
    return int(answers.groupby("question").size().max())
