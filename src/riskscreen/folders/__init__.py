"""Writing folders: whole or not at all, and never over what is not ours."""

from riskscreen.folders.files import look_at_files, place_files
from riskscreen.folders.modes import (
    created_privately,
    protect,
    protect_tree,
    readable_by,
)
from riskscreen.folders.names import refuse_in_paths
from riskscreen.folders.refusals import FULL_DISK
from riskscreen.folders.staging import look_first, make_folders, staged
from riskscreen.folders.standing import list_standing
from riskscreen.folders.unwinding import unwind_on_signals

__all__ = [
    "FULL_DISK",
    "created_privately",
    "list_standing",
    "look_at_files",
    "look_first",
    "make_folders",
    "place_files",
    "protect",
    "protect_tree",
    "readable_by",
    "refuse_in_paths",
    "staged",
    "unwind_on_signals",
]
