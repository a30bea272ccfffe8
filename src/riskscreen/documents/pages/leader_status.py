"""What a leader must see to: what of the models is pilot, old or not confirmed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from riskscreen.documents.pages.formats import (
    capitalise,
    format_count,
    format_span_of_weeks,
)
from riskscreen.documents.pages.memory import FollowRange
from riskscreen.documents.pages.overview import (
    describe_label_age,
    describe_open_gates,
    describe_unconfirmed,
    describe_unknown_codes,
)
from riskscreen.documents.pages.placing import TargetRun, Unit, describe_place
from riskscreen.readers.letter_text import LetterText
from riskscreen.rules.code_rows import CONFIRMED
from riskscreen.texts import join_words
from riskscreen.validation.schemas import LANDMARK_WEEK


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One matter: its tag with icon, whose it is, and what there is to say."""

    tag: str
    icon: str
    css: str
    whose: str
    words: str


def list_status(
    targets: Sequence[TargetRun],
    ranges: Mapping[str, Mapping[Unit, FollowRange]],
    *,
    letters: LetterText | None,
) -> Iterator[StatusRow]:
    """Yield what somebody must see to, then the models of which nothing is to say."""
    fine = []
    for target in targets:
        rows = list(_list_matters(target, ranges))
        yield from rows
        if not rows:
            fine.append(target)
    if letters is not None and letters.rights is None:
        t = targets[0].builder.texts
        words = t["letter"]["draft_note"]
        yield _build_row(targets[0], "waiting", words, whose=t["leader"]["letters"])
    for target in fine:
        words = (
            describe_open_gates(target.builder)
            or target.builder.texts["leader"]["fine"]
        )
        yield _build_row(target, "fine", words)


def _list_matters(
    target: TargetRun, ranges: Mapping[str, Mapping[Unit, FollowRange]]
) -> Iterator[StatusRow]:
    """Yield what is to be said of one target, the most pressing first."""
    run, builder = target.run, target.builder
    t, spec = builder.texts["leader"], builder.model.spec
    if words := describe_label_age(run, builder):
        outdated = run.summary["label_age"]["outdated"]
        yield _build_row(target, "outdated" if outdated else "old", words)
    for unit, of in ranges.get(spec.name, {}).items():
        if of.nearly_always:
            team = capitalise(describe_place(unit, builder))
            words = t["nearly_always"].format(low=of.low)
            yield _build_row(target, "follows", words, whose=team)
    if words := describe_unknown_codes(run, builder):
        yield _build_row(target, "unknown", words)
    waiting = [capitalise(words) for words in _list_waiting(target)]
    if waiting:
        yield _build_row(target, "waiting", " ".join(waiting))
    if run.summary.get("thresholds_rest_on_other_places") is True:
        yield _build_row(target, "places", builder.texts["overview"]["other_places"])
    if bool(run.scores["pilot"].any()):
        yield _build_row(target, "pilot", _say_why_pilot(target))


def _say_why_pilot(target: TargetRun) -> str:
    """Return which gates are open, or which of the cases are on trial."""
    builder = target.builder
    model = builder.model
    if not model.pilot:
        return " ".join(_list_on_trial(target))
    if any(verdict != "pass" for verdict in model.verdicts.values()):
        return describe_open_gates(builder)
    return str(builder.texts["common"]["pilot_strip"])


def _list_on_trial(target: TargetRun) -> Iterator[str]:
    """Yield at which landmarks cases are too few, and that rules are not seen yet."""
    scores, builder = target.run.scores, target.builder
    on_trial = scores.loc[scores["pilot"].astype(bool), LANDMARK_WEEK]
    few = [of.landmark.week for of in builder.model.landmarks if of.pilot]
    if weeks := [week for week in few if (on_trial == week).any()]:
        spans = [format_span_of_weeks(week, builder.texts) for week in weeks]
        named = join_words(spans, builder.texts["letter"]["and"])
        yield str(builder.texts["leader"]["few_at_landmarks"].format(weeks=named))
    if not on_trial.isin(few).all():
        yield str(builder.texts["leader"]["unseen_rules"])


def _list_waiting(target: TargetRun) -> Iterator[str]:
    """Yield what the site has not confirmed of the rules that the target goes by."""
    builder = target.builder
    t, named = builder.texts["leader"], set(builder.model.spec.deadlines)
    open_ = {r.name for r in builder.rules if r.mark != CONFIRMED and r.name in named}
    if open_:
        deadlines = format_count(len(open_), t["deadlines"], builder.texts)
        yield t["unconfirmed_deadlines"].format(deadlines=deadlines)
    if words := describe_unconfirmed(target.run, builder):
        yield f"{words}."


def _build_row(
    target: TargetRun, kind: str, words: str, *, whose: str = ""
) -> StatusRow:
    icon, css = _LOOKS[kind]
    tag = target.builder.texts["leader"]["tags"][kind]
    return StatusRow(tag, icon, css, whose or target.builder.title, words)


_LOOKS = {
    "outdated": ("clock", "late"),
    "old": ("clock", "soon"),
    "follows": ("warn", "soon"),
    "unknown": ("missing", "soon"),
    "waiting": ("missing", "soon"),
    "places": ("few", "soon"),
    "pilot": ("plus", "none"),
    "fine": ("check", "ok"),
}
"""Icon and class of each kind; its words stand in the texts."""
