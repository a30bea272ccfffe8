"""Names of files and folders that hold a person number are neither read nor written."""

from pathlib import Path

from riskscreen.errors import PersonalDataError
from riskscreen.person_numbers import holds_person_number


def refuse_in_paths(*paths: Path | None) -> None:
    """Raise PersonalDataError where the name of a file or folder on the way holds one.

    Names of files end up in pages, summaries and messages.
    """
    for path in filter(None, paths):
        if any(holds_person_number(part) for part in path.parts):
            raise PersonalDataError(
                "The path of a file or folder holds a person number, so it is neither "
                "read nor written, nor shown here. Give it another name."
            )
