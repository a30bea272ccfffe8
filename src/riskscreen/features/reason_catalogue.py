"""Every reason of a specification: the features that a caseworker reads as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from riskscreen.errors import SpecError
from riskscreen.features.catalogue import (
    TEXTS,
    Feature,
    list_features,
    list_history_reasons,
)
from riskscreen.features.table_catalogue import name_reason
from riskscreen.spec import Specification, Words
from riskscreen.texts import join_words


@dataclass(frozen=True, slots=True)
class Reason:
    """Features that a caseworker reads as one thing.

    ``parts`` are the features of each of the specification's reasons in it: more than
    one where these go together so closely that their credit cannot be told apart.
    """

    name: str
    label: Words
    idea: str
    changeable: bool
    features: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    barrier: bool = True


def list_reasons(
    spec: Specification, together: Sequence[Sequence[str]] = ()
) -> tuple[Reason, ...]:
    """Return the reasons of *spec*; every feature belongs to exactly one of them.

    Each of *together* names reasons that are one (model/reason_groups.py); it stands
    where the first of them would. Raises SpecError where one is no reason of *spec*, or
    is named twice.
    """
    features = list_features(spec)
    labels = {name: c.label for name, c in spec.features().items()}
    labels |= {name_reason(table): table.label for table in spec.tables}
    if spec.history:
        labels |= list_history_reasons(spec.history)
    members: dict[str, list[Feature]] = {name: [] for name in labels}
    for feature in features:
        members[feature.reason].append(feature)
    single = {
        name: Reason(
            name=name,
            label=labels[name],
            idea=of[0].idea,
            changeable=of[0].changeable,
            features=tuple(f.name for f in of),
            parts=(tuple(f.name for f in of),),
            barrier=of[0].barrier,
        )
        for name, of in members.items()
    }
    named = [name for group in together for name in group]
    if len(set(named)) < len(named) or not set(named) <= single.keys():
        raise SpecError(f"{spec.name}: reasons that go together are not its reasons.")
    groups = {name: tuple(group) for group in together for name in group}
    firsts = dict.fromkeys(groups.get(name, (name,)) for name in single)
    return tuple(_join_reasons([single[name] for name in group]) for group in firsts)


def _join_reasons(of: Sequence[Reason]) -> Reason:
    """Return the reasons *of* as one; changeable, or a barrier, where each is."""
    if len(of) == 1:
        return of[0]
    labels = {
        language: join_words([r.label.in_language(language) for r in of], texts["and"])
        for language, texts in TEXTS.items()
    }
    return Reason(
        name="+".join(r.name for r in of),
        label=Words(**labels),
        idea=of[0].idea,
        changeable=all(r.changeable for r in of),
        features=tuple(name for r in of for name in r.features),
        parts=tuple(part for r in of for part in r.parts),
        barrier=all(r.barrier for r in of),
    )
