"""The commands of a store: audit, decide, erase, and store itself."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import Out, Store, read_identifier
from riskscreen.clock import read_clock
from riskscreen.errors import FileError
from riskscreen.terminal import print_lines

Journal = Annotated[
    Path | None,
    typer.Option(help="The erasure journal; beside a SQLite store if left out."),
]


class Act(StrEnum):
    """What may be decided on a score (riskscreen.store.decisions)."""

    agree = "agree"
    disagree = "disagree"
    add = "add"
    decline = "decline"


class Whose(StrEnum):
    """What an identifier is of."""

    person = "person"
    case = "case"


def verify(store: Store) -> None:
    """Verify the chain of events, and every content that stands.

    Example: riskscreen audit verify --store sqlite:///store.db
    """
    from riskscreen.store import open_store
    from riskscreen.store.verifying import verify_chain

    opened = open_store(store)
    with opened.read() as connection:
        found = verify_chain(connection)
    print_lines(found.describe())
    if found.faults:
        raise FileError(
            f"The store's chain has {len(found.faults)} faults. Find out who changed "
            "it; restore a backup from before (docs/how-to/store.md)."
        )


def decide(
    target: Annotated[str, typer.Option(help="Which target's score it is about.")],
    act: Annotated[
        Act, typer.Argument(help="decline is the citizen's no; add adds a fact.")
    ],
    by: Annotated[str, typer.Option(help="Your role, such as caseworker; no name.")],
    store: Store,
    note: Annotated[
        str, typer.Option(help="Why, or the fact; beside the score, never an input.")
    ] = "",
) -> None:
    """Note what was decided on a case's newest score.

    A disagreement or a citizen's no takes the case off the list; no other case moves.
    The case_id, or the code on the case's page, is read from standard input, for
    arguments are seen by others.

    Example: riskscreen decide disagree --target T --by caseworker --store URL
    """
    from riskscreen.store import open_store
    from riskscreen.store.decisions import decide as note_decision
    from riskscreen.store.subjects import find_by_code

    opened, said = open_store(store), read_identifier("case_id")
    with opened.read() as connection:
        case_id = find_by_code(connection, opened.key, said)
    note_decision(
        opened,
        case_id,
        target=target,
        act=act.value,
        by=by,
        note=note,
        at=read_clock(),
    )
    print_lines([f"Noted: {act.value}."])


def follow_rates(store: Store) -> None:
    """Tell how often each team follows a proposal, as a range.

    Example: riskscreen store follow-rates --store sqlite:///store.db
    """
    from riskscreen.store import open_store
    from riskscreen.store.decisions import find_follow_rates

    rates = find_follow_rates(open_store(store))
    print_lines([rate.describe() for rate in rates] or ["Nobody has decided yet."])


def erase(
    whose: Annotated[
        Whose, typer.Argument(help="A person with every case, or a case.")
    ],
    by: Annotated[str, typer.Option(help="Who erases: a role.")],
    reason: Annotated[str, typer.Option(help='The legal reason: "GDPR 17(1)(b)".')],
    approved_by: Annotated[str, typer.Option(help="Who else approved it: a role.")],
    outputs: Annotated[
        list[Path],
        typer.Option(help="A folder above what was written for the site; repeat."),
    ],
    store: Store,
    journal: Journal = None,
) -> None:
    """Erase a citizen or a case of a site.

    From the store, and from every folder below --outputs that carries our mark.

    Its person_id or case_id is read from standard input. Content and salt go, the
    events stay, and the erasure journal has it, so that no restore brings it back.

    Example: riskscreen erase case --by dpo --reason "GDPR 17" --approved-by head --outputs out --store URL
    """  # noqa: E501  (an example is one line)
    from riskscreen.store import open_store
    from riskscreen.store.erasure import Order
    from riskscreen.store.erasure import erase as erase_subject
    from riskscreen.store.journal import find_journal
    from riskscreen.store.subjects import Subject

    order = Order.take(by=by, reason=reason, approved_by=approved_by)
    opened = open_store(store)
    erased = erase_subject(
        opened,
        Subject(whose.value, read_identifier(f"{whose.value}_id")),
        order,
        at=read_clock(),
        journal=find_journal(opened, journal),
        outputs=outputs,
    )
    print_lines(erased.describe())


def retain(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day that is kept.")
    ],
    by: Annotated[str, typer.Option(help="Who ends the retention: a role.")],
    store: Store,
) -> None:
    """Remove every content from before a day; the events stay.

    Example: riskscreen store retain --before 2024-01-01 --by records --store URL
    """
    from riskscreen.store import open_store
    from riskscreen.store.erasure import end_retention

    removed = end_retention(
        open_store(store), before=before.date(), by=by, at=read_clock()
    )
    print_lines([f"{removed} contents from before {before:%Y-%m-%d} removed."])


def backup(
    to: Annotated[
        Path, typer.Option(help="The file to write; nothing may stand there.")
    ],
    store: Store,
) -> None:
    """Copy the store, as it is at one moment, into a SQLite file.

    Example: riskscreen store backup --to copy.db --store sqlite:///store.db
    """
    from riskscreen.store import open_store
    from riskscreen.store.backups import back_up

    back_up(open_store(store), to, at=read_clock())
    print_lines([f"Backed up: {to}"])


def restore(
    backup: Annotated[Path, typer.Argument(help="A file of riskscreen store backup.")],
    store: Store,
    journal: Journal = None,
) -> None:
    """Make a store of a backup, without what was erased since.

    Example: riskscreen store restore store-2026-03-02.db --store sqlite:///store.db
    """
    from riskscreen.store.backups import name_journal
    from riskscreen.store.backups import restore as restore_backup

    left_out = restore_backup(
        backup, store, journal=name_journal(store, journal), at=read_clock()
    )
    print_lines([f"Restored; {left_out} contents that were erased since are left out."])


def upgrade(store: Store) -> None:
    """Bring a store of an earlier version to the form that this one reads.

    Example: riskscreen store upgrade --store sqlite:///store.db
    """
    from riskscreen.store.opening import upgrade_store

    before, after = upgrade_store(store)
    words = f"from revision {before} to {after}" if before != after else "as it was"
    print_lines(
        [f"Upgraded: {words}." if before != after else f"The store is {words}."]
    )


def show(out: Out, store: Store) -> None:
    """Render again every page on which a case stood.

    With the figures, facts and words of then, in today's templates; for each it is told
    whether it is the first page to the byte. The case_id is read from standard input.

    Example: riskscreen store show --out shown --store sqlite:///store.db
    """
    from riskscreen.folders import stage_folder
    from riskscreen.store import open_store
    from riskscreen.store.views import show_again

    opened = open_store(store)
    pages = show_again(opened, read_identifier("case_id"))
    if not pages:
        raise FileError(
            "No page of that case is kept: none was made with --store, its retention "
            "ended, or it was erased."
        )
    with stage_folder(out, made_by="store show") as folder:
        for page in pages:
            file = folder / f"{page.page_id}.html"
            file.write_text(page.html, encoding="utf-8", newline="\n")
    for page in pages:
        same = "the first page to the byte" if page.same else "not the same bytes"
        print_lines([f"{page.page_id}.html: {page.file} of {page.shown_at}, {same}"])
