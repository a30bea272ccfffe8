"""What /metrics tells: counts and seconds, by route, status, target and version.

No label holds what came in: neither a path that is none of ours, nor a value.
"""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from riskscreen.scoring.approved_model import ApprovedModel

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Figures:
    """The counters of one service."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        self.requests = Counter(
            "riskscreen_requests", "Answered.", ("route", "status"), registry=own
        )
        self.seconds = Histogram(
            "riskscreen_request_seconds",
            "From the first byte to the last.",
            ("route",),
            buckets=_SECONDS,
            registry=own,
        )
        self.cases = Counter(
            "riskscreen_cases", "Cases answered.", ("target", "status"), registry=own
        )
        self.at_work = Gauge(
            "riskscreen_requests_at_work", "Being scored, or waiting.", registry=own
        )
        self.stopped = Gauge(
            "riskscreen_stopped", "Whether the stop switch is on.", registry=own
        )
        self.failed_looks = Counter(
            "riskscreen_failed_looks",
            "Looks at what is approved that failed.",
            ("target",),
            registry=own,
        )
        self._models = Gauge(
            "riskscreen_model", "The model served.", ("target", "version"), registry=own
        )

    def show_models(self, models: Mapping[str, ApprovedModel]) -> None:
        """Show the version of each target's model, and no former one."""
        self._models.clear()
        for target, approved in models.items():
            self._models.labels(target, approved.version).set(1)

    def to_text(self) -> bytes:
        """Return everything in Prometheus' own format."""
        return generate_latest(self._registry)
