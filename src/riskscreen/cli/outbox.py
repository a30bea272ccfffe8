"""The command of the outbox."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import ModelsFolder, Store, open_site, read_target
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines


def outbox(
    store: Store,
    models: ModelsFolder,
    take: Annotated[
        list[str] | None,
        typer.Option(metavar="LINK", help="Mark this message as taken; repeat."),
    ] = None,
    by: Annotated[str, typer.Option(help="Which system takes the messages.")] = "",
    site: Annotated[
        Path | None,
        typer.Option(
            help="The site's folder: its time zone says what day it is, its efforts "
            "who has help. Without it no message of a landmark is opened."
        ),
    ] = None,
) -> None:
    """Open and close a store's messages, or take some.

    A message says that a proposed case is to be looked at, and nothing of why. What the
    newest run of a target does not hold up any more is closed, after the decisions that
    came back by the inbox were noted. The case system reads the view outbox_messages.

    Example: riskscreen outbox --store sqlite:///store.db
    """
    from riskscreen.case_system import take_inbox, take_messages, update_outbox
    from riskscreen.efforts import read_efforts
    from riskscreen.store import list_finished_targets, open_store
    from riskscreen.timeline import find_today

    opened, now = open_store(store), read_clock()
    if bool(take) != bool(by):
        raise typer.BadParameter("--take and --by go together")
    if take:
        taken = take_messages(opened, take, by=by, at=now)
        before = len(take) - taken
        print_lines([f"{taken} messages taken; {before} were before, or are none"])
        return
    today, helped = find_today(now), None
    if site:
        opened_site = open_site(site)
        today, efforts = opened_site.find_day(now), read_efforts(opened_site)
        helped = efforts.cases if efforts else frozenset()
    print_lines([take_inbox(opened, at=now).describe()])
    for target in list_finished_targets(opened):
        spec = read_target(target, models)
        change = update_outbox(opened, spec, on=today, at=now, helped=helped)
        print_lines([change.describe(target)])
