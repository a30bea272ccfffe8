"""The command of a replay: whom a model would have proposed, whom practice chose."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import (
    AcceptUnknownCodes,
    Jobs,
    ModelsFolder,
    SiteFolder,
    Targets,
    open_site,
    read_targets,
)
from riskscreen.errors import FileError
from riskscreen.terminal import print_lines


def replay(
    site: SiteFolder,
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first night."),
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last night.")
    ],
    out: Annotated[
        Path, typer.Option(help="The folder that gets a folder for each target.")
    ],
    models: ModelsFolder,
    target: Targets = None,
    retrain_months: Annotated[
        int, typer.Option(min=1, help="Months from one training to the next.")
    ] = 12,
    kind: Annotated[
        str | None,
        typer.Option(help="Take this candidate, whatever the comparison says."),
    ] = None,
    jobs: Jobs = 1,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Replay nights gone by, beside whom practice chose.

    In each night only what was known then counts, with the places of site.toml. Run
    again, a replay that was cut short goes on. Without --target it takes every target
    that the site trains and states places for.

    Example: riskscreen replay --site site --from 2023-01-02 --to 2024-12-29 --out past
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.spec import list_targets
    from riskscreen.stories.replay import Plan
    from riskscreen.stories.replay import replay as run

    stated = open_site(site)
    names = target or [
        name
        for name in stated.targets_among(list_targets(models))
        if stated.trains(name) and stated.find_places(name) is not None
    ]
    if not names:
        raise FileError(
            f"{site}: no target has places. State them in site.toml: [places.TARGET]."
        )
    plan = Plan(first.date(), last.date(), retrain_months, kind, accept_unknown_codes)
    for spec in read_targets(names, models):
        run(
            spec,
            stated,
            plan,
            out / spec.name,
            inputs=(models,),
            jobs=jobs,
            reporter=build_stderr_reporter(),
        )
        print_lines([f"Open {out / spec.name / 'da/index.html'} in a browser."])
