"""The command of follow-up: what became of efforts and programmes."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import Out, SiteFolder, open_site
from riskscreen.errors import SET_ASIDE_EXIT
from riskscreen.folders import check_can_stage
from riskscreen.terminal import print_lines


def follow_up(
    site: SiteFolder,
    out: Out,
    scores: Annotated[
        Path | None,
        typer.Option(help="The folder of a scoring run: divide by its bands too."),
    ] = None,
) -> None:
    """Write pages of what became of efforts, one a team.

    It needs no model. With --scores, measures and help are divided by level of risk.

    Example: riskscreen follow-up --site site --out follow_up
    """
    from riskscreen.followup.figures import measure_follow_up
    from riskscreen.followup.pages import MADE_BY, describe_follow_up, write_follow_up

    check_can_stage(out, made_by=MADE_BY, inputs=(site, scores))
    found = measure_follow_up(open_site(site), run=scores)
    index = write_follow_up(found, out=out, run=scores)
    print_lines(describe_follow_up(found, index))
    raise typer.Exit(SET_ASIDE_EXIT if found.rows_set_aside else 0)
