"""The languages of the pages, and the fixed texts that each of them has."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["da", "en"]


@dataclass(frozen=True, slots=True)
class Texts:
    """Every fixed text of the pages, in one language."""

    language: Language
    made_up: str
    case: str
    cases: tuple[str, str]
    weeks: tuple[str, str]
    places: tuple[str, str]
    team: str
    all_teams: str
    week: str
    to_overview: str
    to_worklist: str
    what_it_says: str
    this_case: str
    on_average: str
    citizens_like_this: str
    average_citizens: str
    over_time: str
    over_time_note: str
    after_weeks: str
    within_weeks: str
    not_told: str
    no_rank: str
    places_shared: str
    places_assumed: str
    within_places: str
    beyond_places: str
    rank_of: str
    line: str
    line_short: str
    reasons: str
    reasons_unit: str
    reasons_are_patterns: str
    missing_is_no_fault: str
    start: str
    sum_down: str
    sum_up: str
    end: str
    resources: str
    barriers: str
    nothing_here: str
    others: str
    changeable: str
    all_reasons: str
    all_reasons_note: str
    reason: str
    idea: str
    points: str
    deadlines: str
    no_deadlines: str
    deadline_note: str
    unverified: str
    history_read: str
    weeks_unverified: str
    own_weeks_unverified: str
    not_in_file: str
    all_in_file: str
    unreadable: str
    no_history: str
    history_ends: str
    history_until: str
    history_until_intake: str
    unobserved: str
    not_for: str
    not_for_list: tuple[str, ...]
    own_view: str
    own_view_note: str
    agree: str
    disagree: str
    adds: str
    name_and_date: str
    wrong_fact: str
    wrong_fact_words: str
    help_only: str
    data_date: str
    unknown_date: str
    model: str
    model_card: str
    printed: str
    worklist: str
    rank: str
    risk: str
    list_lead: str
    main_reasons: str
    nearest_deadline: str
    none_in_capacity: str
    overview: str
    came_in: str
    scored: str
    routed: str
    set_aside: str
    adds_up: str
    does_not_add_up: str
    per_team: str
    capacity: str
    routed_note: str
    route: str
    count: str
    set_aside_note: str
    file: str
    file_line: str
    rule: str
    what_to_do: str
    page: str
    nobody: str
    about: str
    who: str
    up_short: str
    down_short: str
    front_lead: str
    pages: str
    how_sure: str
    may_be: str
    none_agree: str
    some_agree: str
    all_agree: str
    abstained: str
    abstained_note: str
    not_shown: str
    why: str
