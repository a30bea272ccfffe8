"""The command of a model's watch: monitor."""

from typing import Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    AcceptUnknownCodes,
    Out,
    SiteFolder,
    StoredModel,
    Target,
    open_model,
    open_site,
)
from riskscreen.clock import read_clock
from riskscreen.errors import ALARM_EXIT
from riskscreen.folders import check_can_stage
from riskscreen.terminal import print_lines


def monitor(
    target: Target,
    site: SiteFolder,
    out: Out,
    model: StoredModel = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            envvar="MLFLOW_TRACKING_URI",
            help="The MLflow registry; named, a run there keeps the figures.",
        ),
    ] = None,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Monitor a model of TARGET on the newest delivery of SITE.

    It recommends one thing: nothing, recalibrate, retrain or stop. Anything but nothing
    ends it with 4.

    Example: riskscreen monitor long_absence --site site --out monitoring
    """
    from riskscreen.monitoring.monitor import monitor_model
    from riskscreen.monitoring.pages import MADE_BY, list_metrics, write_monitoring
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.timeline import find_today

    check_can_stage(out, made_by=MADE_BY, inputs=(site, model))
    stated = open_site(site)
    uri = tracking_uri or DEFAULT_REGISTRY
    found = monitor_model(
        open_model(target, model, uri, site=stated),
        stated,
        on=find_today(read_clock(), stated.stated.timezone),
        accept_unknown_codes=accept_unknown_codes,
        reporter=build_stderr_reporter(),
    )
    index = write_monitoring(found, out=out, inputs=(site, model))
    if tracking_uri:
        from riskscreen.registry.store import Registry

        with Registry(tracking_uri).open_training(target) as run:
            run.log_monitoring(
                target, found.version, folder=out, metrics=list_metrics(found)
            )
    print_lines([*found.describe(), f"Open {index} in a browser."])
    raise typer.Exit(ALARM_EXIT if found.recommendation.action != "nothing" else 0)
