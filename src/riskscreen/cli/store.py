"""The commands of a store: audit verify."""

from typing import Annotated

import typer

from riskscreen.errors import FileError
from riskscreen.terminal import print_lines

Store = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="RISKSCREEN_STORE",
        help="The store: sqlite:///FILE or postgresql+psycopg://HOST/DATABASE.",
    ),
]


def verify(store: Store) -> None:
    """Verify the chain of events, and every content that stands.

    Example: riskscreen audit verify --store sqlite:///store.db
    """
    from riskscreen.store import open_store, verify_chain

    opened = open_store(store)
    with opened.read() as connection:
        found = verify_chain(connection)
    print_lines(found.describe())
    if found.faults:
        raise FileError(
            f"The store's chain has {len(found.faults)} faults. Find out who changed "
            "it; restore a backup from before (docs/how-to/store.md)."
        )
