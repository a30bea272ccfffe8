"""Writing folders: whole or not at all, and never over what is not ours."""

from riskscreen.folders.files import change_alone, check_can_place, place_files
from riskscreen.folders.links import turn_link
from riskscreen.folders.mark import remove_finished
from riskscreen.folders.modes import (
    create_privately,
    grant_group,
    restrict_access,
    restrict_tree,
)
from riskscreen.folders.names import refuse_in_paths
from riskscreen.folders.refusals import FULL_DISK
from riskscreen.folders.staging import (
    check_can_stage,
    make_folders,
    rehearse_folder,
    stage_folder,
)
from riskscreen.folders.standing import list_standing
from riskscreen.folders.unwinding import unwind_on_signals

__all__ = [
    "FULL_DISK",
    "change_alone",
    "check_can_place",
    "check_can_stage",
    "create_privately",
    "grant_group",
    "list_standing",
    "make_folders",
    "place_files",
    "refuse_in_paths",
    "rehearse_folder",
    "remove_finished",
    "restrict_access",
    "restrict_tree",
    "stage_folder",
    "turn_link",
    "unwind_on_signals",
]
