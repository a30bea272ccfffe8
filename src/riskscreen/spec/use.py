"""How scores are used: the bands, when none is shown, and on which delivery."""

import re
from collections.abc import Iterator

from pydantic import Field

from riskscreen.spec.words import Fault, Share, SpecModel, Words


class Abstain(SpecModel):
    """When a score is not shown: too little is known, or it is unlike the training."""

    missing_share_at_most: Share = 0.5
    """The share of the mean |contribution| that features may carry that the file is
    silent about."""
    out_of_range_at_most: float = Field(default=0.5, ge=0)
    """How far beyond the 1st-99th percentile of the training cases a number may lie, in
    widths of that range."""
    contribution_share_at_least: Share = 0.02
    """The share that a feature must carry for its range and its unseen values to
    count."""
    history_share_at_most: Share = 0.25
    """An empty history counts where the history carries more than this share and
    fewer training cases than empty_history_share_at_least had one."""
    empty_history_share_at_least: Share = 0.01
    """See history_share_at_most."""


_GREY_ZONE = re.compile(r"grå ?zone\w*|gr[ea]y zone", re.IGNORECASE)
"""Rehabilitation teams call the doubt between flex job, resource course and pension a
grey zone (Rundt om fleksjob, 2017)."""


class BandLabels(SpecModel):
    """What each band of risk is called; the policy says which case is in which."""

    first: Words
    """Those that are proposed."""
    raised: Words
    """Above the base risk, and not proposed."""
    usual: Words
    """At the base risk or below."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield the bands that are called by a word that means something else."""
        for name in type(self).model_fields:
            label: Words = getattr(self, name)
            if taken := _GREY_ZONE.search(f"{label.da} {label.en}"):
                rule = f"{taken.group()!r} means doubt between two benefits"
                yield (name,), f'{rule}; write "vurderes individuelt"'


class DeliveryBounds(SpecModel):
    """Bounds beyond which a delivery is no basis for a score, or for a training.

    All bounds are assumed; a specification may set its own. Shares are tested from
    joins.SHARES_FROM keys on.
    """

    max_cases_per_person: int = Field(default=20, gt=0)
    """An id that more cases within a year carry is a placeholder."""
    found_below_training_at_most: Share = 0.10
    """How far the share of people with a row in the history that is visible at T0 may
    lie below the share that training had."""
    history_behind_weeks_at_most: int = Field(default=4, ge=0)
    """How many weeks before the as-of date, beyond the register lag, the history may
    end."""
    unknown_codes_warned_at: Share = 0.005
    """From which share of the history's newest 13 weeks on benefit codes that the code
    table does not know a run warns."""
    unknown_codes_refused_at: Share = 0.05
    """From which share a run stops, unless it is told to accept unknown codes."""
    people_found_at_least: Share = 0.90
    """The share of a training's people with a row in the history."""
    audited_at_least: Share = 0.90
    """The share of a training's cases with a row in the audit table."""
    max_label_age_months: int = Field(default=18, gt=0, le=120)
    """How many months after the newest label that a model learnt from was known it
    still proposes; a run warns in the last three, and afterwards cases are scored and
    nobody is proposed."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield a bound of refusing unknown codes that lies below that of warning."""
        if self.unknown_codes_refused_at < self.unknown_codes_warned_at:
            rule = "lies below unknown_codes_warned_at; raise one, or lower the other"
            yield ("unknown_codes_refused_at",), rule
