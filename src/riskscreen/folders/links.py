"""A link to the newest of several folders, turned in one step."""

import os
from contextlib import suppress
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.folders.refusals import translate_refusals
from riskscreen.folders.standing import note_standing
from riskscreen.folders.swapping import sync_names


def turn_link(link: Path, to: str, *, made_by: str) -> None:
    """Let *link* lead to the folder called *to* beside it; nobody finds it missing.

    Raises FileError where what stands there is no link to a folder beside it.
    """
    if os.path.lexists(link) and not _leads_beside(link):
        raise FileError(
            f"{link}: stands there and is no link to a folder beside it, so it is not "
            f"replaced. Move it away: `{made_by}` makes it anew."
        )
    with translate_refusals(link, made_by):
        part = link.with_name(f".{link.name}.part")
        with suppress(FileNotFoundError):
            part.unlink()  # of a run that was killed
        part.symlink_to(to)
        part.replace(link)
        note_standing(link)
        sync_names(link.parent)


def _leads_beside(link: Path) -> bool:
    return link.is_symlink() and len(link.readlink().parts) == 1
