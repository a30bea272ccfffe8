"""The commands of a roll-out experiment: plan, fix, stop, report."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    ModelsFolder,
    Out,
    SiteFolder,
    Store,
    StoredModel,
    TrackingUri,
    open_model,
    open_site,
    read_target,
)
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines

By = Annotated[str, typer.Option(help="Who does it: a role.")]


def plan(
    site: SiteFolder,
    model: StoredModel = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
) -> None:
    """Show what the plan in [experiment] can be expected to find.

    How many cases can be drawn, by the thresholds and arrivals of the model, and how
    often an effect of the plan's size would be found.

    Example: riskscreen experiment plan --site site --model approved
    """
    from riskscreen.experiment.plan import digest_plan
    from riskscreen.experiment.power import expect_from
    from riskscreen.experiment.report import require_plan

    stated = open_site(site)
    asked = require_plan(stated)
    of = open_model(asked.target, model, tracking_uri, site=stated)
    print_lines([f"Plan {digest_plan(asked)}, seed {asked.seed}"])
    found = expect_from(asked, of.policy)
    if found is None:
        print_lines(["Nobody lies above the base risk and just below the line."])
        return
    cases = found.cases_per_week * found.weeks
    print_lines(
        [
            f"{found.cases_per_week:.1f} cases a week just below the line are "
            f"expected, {cases:.0f} in {found.weeks:.0f} weeks; "
            f"{found.extra_per_week:.1f} a week get an extra place when all has begun",
            f"About {found.base_share:.0%} of them are long without one. A change of "
            f"{100 * asked.smallest_effect:.0f} points is found with a power of "
            f"{found.power:.0%}",
        ]
    )


def fix(site: SiteFolder, by: By, store: Store) -> None:
    """Fix the plan in [experiment] for good.

    It is written into the store's chain of events. From its start date on nightly draws
    by it, and by no other.

    Example: riskscreen experiment fix --site site --by steering-group --store URL
    """
    from riskscreen.experiment.plan import digest_plan
    from riskscreen.experiment.report import require_plan
    from riskscreen.store import begin_store
    from riskscreen.store.experiments import fix_plan

    stated, now = open_site(site), read_clock()
    asked = require_plan(stated)
    digest = digest_plan(asked)
    new = fix_plan(
        begin_store(store),
        digest,
        asked.model_dump(mode="json"),
        by=by,
        at=now,
        today=stated.find_day(now),
    )
    print_lines([f"Plan {digest} {'is fixed' if new else 'was fixed before'}."])


def stop(
    by: By, because: Annotated[str, typer.Option(help="Why, in words.")], store: Store
) -> None:
    """Stop the experiment for good: nobody is drawn from now on.

    Whoever was drawn keeps the place.

    Example: riskscreen experiment stop --by lead --because "rule 2" --store URL
    """
    from riskscreen.store import open_store
    from riskscreen.store.experiments import stop_plan

    stop_plan(open_store(store), by=by, because=because, at=read_clock())
    print_lines(["Stopped: nobody is drawn from now on."])


def report(
    site: SiteFolder,
    out: Out,
    store: Store,
    models: ModelsFolder,
) -> None:
    """Report on the experiment: its plan, its arms and, at its end, its effect.

    Outcomes come from the site's delivery, by arm as drawn.

    Example: riskscreen experiment report --site site --out report --store URL
    """
    from riskscreen.experiment.report import report_rollout, require_plan
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.store import open_store

    stated = open_site(site)
    spec = read_target(require_plan(stated).target, models)
    reporter = build_stderr_reporter()
    report_rollout(stated, spec, open_store(store), out, reporter=reporter)
    print_lines([f"Open {Path(out) / 'da.html'} in a browser."])
