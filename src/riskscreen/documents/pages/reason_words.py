"""Say each reason of a case in words: which are missing, which can change."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from riskscreen.documents.pages.formats import NO_BREAK, capitalise
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.documents.pages.waterfall import ToldReason
from riskscreen.features.catalogue import Feature
from riskscreen.features.reason_catalogue import Reason
from riskscreen.model.reason_members import read_members
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import FeatureWording
from riskscreen.texts import Texts

SMALLEST_REASON = 0.005
"""Half a percentage point: what would print as zero is nothing to talk about."""
_WORDS_KEPT = 50_000
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ReasonWords:
    """The words for the reasons of one model's cases, in one language."""

    model: RiskModel
    texts: Texts

    @property
    def language(self) -> str:
        """The language of the words."""
        return str(self.texts["language"])

    @cached_property
    def wording(self) -> FeatureWording:
        """The words for the model's features."""
        return self.model.wordings[self.language]

    @cached_property
    def features(self) -> dict[str, Feature]:
        """The model's features by name."""
        return {f.name: f for f in self.model.features}

    @cached_property
    def reasons(self) -> dict[str, Reason]:
        """The model's reasons by name."""
        return {reason.name: reason for reason in self.model.reasons}

    @cached_property
    def ideas(self) -> dict[str, str]:
        """The heading that each reason stands under."""
        ideas = self.model.spec.ideas
        return {
            name: ideas[reason.idea].label.in_language(self.language)
            for name, reason in self.reasons.items()
        }

    def tell(self, reasons: CaseReasons) -> list[ToldReason]:
        """Return every reason of a case in words, in their order."""
        unknown = self._find_unknown(reasons)
        changeable = self._find_changeable(reasons, unknown)
        return [
            ToldReason(
                words=self.describe_at(reasons, i),
                typical=self._find_typical(reasons, i, unknown=bool(unknown[i])),
                idea=self.ideas[reasons.reason[i]],
                points=float(points),
                changeable=bool(changeable[i]),
                unknown=bool(unknown[i]),
                named=bool(reasons.named[i]),
            )
            for i, points in enumerate(reasons.points)
        ]

    def list_unstated(self, reasons: CaseReasons) -> tuple[str, ...]:
        """Return what the facts of a case are called that were not stated."""
        unstated = set(_list_unstated(reasons))
        return tuple(
            capitalise(self.wording.label_of(name))
            for name in self._own_features
            if name in unstated
        )

    def list_changeable(self, reasons: CaseReasons) -> tuple[str, ...]:
        """Return what can change and raises the risk, strongest first, by its label."""
        changeable = self._find_changeable(reasons, self._find_unknown(reasons))
        strong = changeable & (reasons.points >= SMALLEST_REASON) & reasons.named
        labels = (
            self.reasons[name].label.in_language(self.language)
            for name in reasons.reason[strong]
        )
        return tuple(map(capitalise, dict.fromkeys(labels)))

    @cached_property
    def _own_features(self) -> tuple[str, ...]:
        return tuple(self.model.spec.features())

    @cached_property
    def _of_file(self) -> frozenset[str]:
        """The features that are facts of the file."""
        return frozenset(f.name for f in self.model.features if f.family == "intake")

    @cached_property
    def _typical(self) -> dict[str, str]:
        """What is usual of each feature, where the model knows it."""
        profile = self.model.training_profile
        if profile is None:
            return {}
        # A model of an earlier release has no typical values.
        pairs = zip(self.model.features, profile.typical, strict=False)
        return {
            of.name: self.wording.describe_typical(of.name, value).replace(
                " %", f"{NO_BREAK}%"
            )
            for of, value in pairs
            if value is not None
        }

    def _find_typical(self, reasons: CaseReasons, i: int, *, unknown: bool) -> str:
        """Return what is usual beside a reason of one fact that is known."""
        if unknown or reasons.members[i]:
            return ""
        return self._typical.get(reasons.feature[i], "")

    def label(self, reason: str) -> str:
        """Return what a reason is called."""
        return capitalise(self.reasons[reason].label.in_language(self.language))

    def describe_at(self, reasons: CaseReasons, i: int) -> str:
        """Return the words for the reason of a case at place *i*."""
        value = float(reasons.value[i])
        return self.describe(
            reasons.reason[i],
            reasons.feature[i],
            None if math.isnan(value) else value,  # one NaN is not another
            bool(reasons.unreadable[i]),
            reasons.members[i],
        )

    @cached_property
    def describe(self) -> Callable[[str, str, float | None, bool, str], str]:
        """What describes a reason, which many cases of a run have alike."""

        @lru_cache(maxsize=_WORDS_KEPT)
        def describe(
            reason: str,
            feature: str,
            value: float | None,
            unreadable: bool,  # noqa: FBT001  (as lru_cache takes it)
            members: str,
        ) -> str:
            words = self.wording.describe_reason(
                feature,
                math.nan if value is None else value,
                unreadable=unreadable,
                members=members,
                label=self.reasons[reason].label.in_language(self.language),
            )
            return capitalise(words.replace(" %", f"{NO_BREAK}%"))

        return describe

    def _find_changeable(self, reasons: CaseReasons, unknown: Truths) -> Truths:
        """Return which barriers can be worked on; of what is unknown nobody knows."""
        own = [self.reasons[name].changeable for name in reasons.reason]
        changeable: Truths = (reasons.points > 0) & np.array(own, np.bool_) & ~unknown
        return changeable

    def _find_unknown(self, reasons: CaseReasons) -> Truths:
        """Return which reasons are facts of the file not stated, or not to be read."""
        of_file = [name in self._of_file for name in reasons.feature]
        unknown: Truths = np.array(of_file, dtype=np.bool_) & np.isnan(reasons.value)
        return unknown


def _list_unstated(reasons: CaseReasons) -> Iterator[str]:
    """Yield the features without a value, among those that speak for a reason."""
    yield from reasons.feature[np.isnan(reasons.value) & ~reasons.unreadable]
    for members in filter(None, reasons.members):
        for one in read_members(members):
            if np.isnan(one.value) and not one.unreadable:
                yield one.feature
