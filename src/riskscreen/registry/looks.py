"""How often a target was judged on one test: every run at MLflow says what it judged.

Whoever looks at the same test again and again chooses by it in the end, and its figures
grow too good (Dwork et al. 2015, doi 10.1126/science.aaa9375). So each training,
recalibration and evaluation leaves the span of its test on its run, before a figure is
seen, and whoever comes later counts them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mlflow.entities import ViewType

from riskscreen.registry.client import RetryingClient
from riskscreen.registry.records import TARGET

_SITE, _FIRST, _LAST = (
    "riskscreen.site",
    "riskscreen.test_first",
    "riskscreen.test_last",
)
_PAGE = 1000


def count_earlier_looks(
    client: RetryingClient,
    run_id: str,
    *,
    target: str,
    window: tuple[str, str],
    site: str,
) -> int:
    """Return how many other runs judged *target* on a test that shares a day with this.

    The look is noted on the run itself first, so that of two at a time each counts the
    other. *window* is the first and the last day (or period) of the test, *site* the
    name that the site states: unnamed sites count as one. A deleted run has looked too.
    """
    for name, value in zip((_FIRST, _LAST, _SITE), (*window, site), strict=True):
        client.set_tag(run_id, name, value)
    experiment = str(client.get_run(run_id).info.experiment_id)
    others = (
        run.data.tags
        for run in _list_runs(client, experiment, target)
        if run.info.run_id != run_id
    )
    return sum(_is_shared(tags, window, site) for tags in others)


def _is_shared(tags: Mapping[str, str], window: tuple[str, str], site: str) -> bool:
    first, last = tags.get(_FIRST), tags.get(_LAST)
    if first is None or last is None or tags.get(_SITE, "") != site:
        return False
    return first <= window[1] and window[0] <= last


def _list_runs(client: RetryingClient, experiment: str, target: str) -> Iterator[Any]:
    """Yield every run of *target*, the deleted ones too, page by page."""
    query, token = f"tags.`{TARGET}` = '{target}'", None
    while True:
        page = client.search_runs(
            [experiment], query, ViewType.ALL, _PAGE, page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return
