"""How scores are used: the places there are, the bands, and when none is shown."""

from pydantic import Field

from riskscreen.spec.words import Part, Share, Words


class Capacity(Part):
    """How many cases can be given the early offer."""

    per_week: int = Field(gt=0)
    assumed: bool
    source: str


class Abstain(Part):
    """When a score is not shown: a file too thin, or too unlike those that taught.

    ``missing_share_at_most``: the share of the mean |contribution| that features may
    carry that the file is silent about. ``beyond_range_at_most``: how far beyond the
    1st-99th percentile of the training cases a number may lie, in widths of that range.
    ``carries_at_least``: the share that a feature must carry for its range and its
    unseen values to count. An empty history counts where the history carries more than
    ``history_share_at_most`` and fewer training cases than
    ``empty_history_share_at_least`` had one.
    """

    missing_share_at_most: Share = 0.5
    beyond_range_at_most: float = Field(default=0.5, ge=0)
    carries_at_least: Share = 0.02
    history_share_at_most: Share = 0.25
    empty_history_share_at_least: Share = 0.01


class Bands(Part):
    """What each band of risk is called; bounds come from capacity and base rate."""

    first: Words
    raised: Words
    usual: Words
