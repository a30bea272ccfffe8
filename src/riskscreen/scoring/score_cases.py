"""Cases in memory, scored like a delivery: read as a whole, checked, and ranked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from riskscreen.clock import read_clock
from riskscreen.guarding import guarded
from riskscreen.history.reading import take_person_history
from riskscreen.model.label_age import warn_of_label_age
from riskscreen.model.risk_model import RiskModel
from riskscreen.objections import NOBODY_OBJECTS, Objections
from riskscreen.population.people import FileNames
from riskscreen.scoring.basis import check_basis
from riskscreen.scoring.ranking import (
    find_later_proposals,
    list_unranked_weeks,
    rank_in_team_and_week,
)
from riskscreen.scoring.rows import Scoring, build_set_aside
from riskscreen.scoring.scorer import LAST_DAY, Scorer
from riskscreen.scoring.tables import NO_FRAMES, Frames, take_tables
from riskscreen.timeline import DENMARK, drop_time, find_newest_day, find_today
from riskscreen.validation import check_cases, read_spells
from riskscreen.validation.delivered import DeliveredColumns, take_columns
from riskscreen.validation.joins import FEWEST_TO_MEET
from riskscreen.validation.schemas import is_dated


@guarded
def score(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    cases: pd.DataFrame,
    history: pd.DataFrame | None,
    *,
    tables: Frames = NO_FRAMES,
    as_of: date | None = None,
    accept_unknown_codes: bool = False,
    objections: Objections = NOBODY_OBJECTS,
    clock: Callable[[], datetime] = read_clock,
    zone: str = DENMARK,
) -> Scoring:
    """Score and explain *cases*, by the same path as score_files.

    *tables* has the further tables of the specification ([[tables]]) by name,
    *objections* those of the site (objections.read_objections). Without *as_of* the
    call is live, and how old the model's labels are goes by today: *clock* is asked
    what that is in *zone*, a moment with its own; a case that is decided later is set
    aside, and an *as_of* after it refused by ScreeningError. Cases are ranked within
    team and week, but a single one is not: it is live, and the others of its week are
    not there to be compared with. Raises TableError where a table cannot be used as a
    whole or the two do not meet (basis.py), UnknownCodesError where too many of the
    newest weeks stand on unknown benefit codes, unless *accept_unknown_codes*, and
    PersonalDataError where a table names people.
    """
    spells = None
    if history is not None and model.spec.history is not None:
        spells = take_columns(history, file=FileNames().history)
    return score_delivered(
        model,
        take_columns(cases, file=FileNames().cases),
        spells,
        tables=tables,
        as_of=as_of,
        accept_unknown_codes=accept_unknown_codes,
        objections=objections,
        clock=clock,
        zone=zone,
    )


def score_delivered(  # noqa: PLR0913  (what is scored, and on which day)
    model: RiskModel,
    cases: DeliveredColumns,
    history: DeliveredColumns | None,
    *,
    tables: Frames,
    as_of: date | None,
    accept_unknown_codes: bool,
    objections: Objections,
    clock: Callable[[], datetime],
    zone: str,
) -> Scoring:
    """Score and explain *cases*; see score, of which this is the way behind the door.

    The rows of a form come here as they were sent: no pandas is made of them.
    """
    names = FileNames()
    spec = model.spec
    as_of, now = drop_time(as_of), clock()
    # An extracted history has a rule of its own for cases that it is too early for. A
    # live call is of today (and, as refuse_future has it, a day): what is decided later
    # is a slip of the form.
    newest = as_of or find_today(now, zone) + timedelta(days=1)
    checked = check_cases(
        spec,
        cases,
        file=names.cases,
        extract_date=None if spec.history and as_of else newest,
        patterns=model.key_patterns,
    )
    kept = checked.columns
    persons = pd.Index(kept["person_id"].unique(), copy=False)
    spells = None
    scorer = Scorer(model, as_of, now, objections=objections, zone=zone)
    warnings = (
        *warn_of_label_age(scorer.label_age),
        *scorer.warn_of_changes(kept),
    )
    if history is not None and spec.history is not None:
        last = as_of or LAST_DAY
        rows = read_spells(
            history,
            file=names.history,
            extract_date=last,
            patterns=model.key_patterns,
        )
        request = scorer.request_history(
            persons,
            file=names.history,
            asked_on=find_newest_day(kept["decision_date"]),
            # Of so few nobody may be there by chance; each row's own flag tells.
            may_be_empty=len(cases) < FEWEST_TO_MEET,
        )
        spells = take_person_history([rows], request, extract_date=last)
        basis = check_basis(
            model,
            kept,
            spells,
            as_of=as_of,
            names=names,
            accept_unknown_codes=accept_unknown_codes,
        )
        warnings = (*warnings, *basis.warnings)
    further = take_tables(
        spec,
        tables,
        persons,
        as_of=as_of or LAST_DAY,
        patterns=model.key_patterns,
    )
    scoring = scorer.score(checked, spells, names=names, tables=further)
    scoring = replace(scoring, warnings=warnings)
    aside = {names.history: spells.set_aside} if spells is not None else {}
    aside |= {of.file: of.set_aside for of in further.values()}
    if broken := {file: of for file, of in aside.items() if not of.empty}:
        more = [build_set_aside(file, of) for file, of in broken.items()]
        both = pd.concat([scoring.set_aside, *more], ignore_index=True)
        scoring = replace(scoring, set_aside=both)
    if len(cases) == 1 or scoring.scores.empty:
        return scoring
    scores = scoring.scores.assign(
        later_proposal=find_later_proposals(scoring.scores, scoring.persons)
    )
    if is_dated(spec):
        ranks = rank_in_team_and_week(scores, unranked=list_unranked_weeks(spec))
        scores = scores.assign(rank=ranks)
    return scoring.with_scores(scores)
