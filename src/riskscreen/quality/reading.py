"""A site's history read once and in parts, by whatever adds parts up."""

from collections.abc import Callable

import pandas as pd

from riskscreen.history.reading import ROWS_IN_A_PART
from riskscreen.quality.findings import FileCounts
from riskscreen.readers.history import read_spell_parts
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.site import Site
from riskscreen.validation.surveys import HistorySurvey


def read_history_into(
    site: Site,
    add: Callable[[pd.DataFrame], None],
    counts: FileCounts,
    survey: HistorySurvey,
) -> ReadTable:
    """Read the history once and in parts, and return its last part.

    *add* takes in the sound spells of each part. Raises FileError, TableError or
    PersonalDataError where it cannot be used.
    """
    source = site.history()
    last: ReadTable | None = None
    for last, checked in read_spell_parts(
        source,
        extract_date=site.extract_date,
        rows=ROWS_IN_A_PART,
        patterns=site.keys,
    ):
        survey.add(checked)
        counts.add(last, checked)
        add(checked.kept)
    assert last is not None  # there is always at least one part
    survey.notes()
    survey.require_readable()
    return last
