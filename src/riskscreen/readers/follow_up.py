"""Read a site's tables of follow-up: those it delivers, each with how it was read."""

from riskscreen.guarding import guarded
from riskscreen.readers.delivered_table import DeliveredTable
from riskscreen.readers.site import Site
from riskscreen.readers.sources import read_table
from riskscreen.validation.checking import require_rows
from riskscreen.validation.follow_up import check_follow_up
from riskscreen.validation.schemas import FollowUpTable


@guarded
def read_follow_up(site: Site, name: FollowUpTable) -> DeliveredTable | None:
    """Return the table *name* of *site*; None where it delivers no such table.

    Raises FileError, TableError or PersonalDataError where the table cannot be used;
    rows that break a rule are set aside, and told in the notes.
    """
    source = site.follow_up(name)
    if source is None:
        return None
    read = read_table(source)
    require_rows(read.rows_read, file=source.name)
    checked = check_follow_up(
        name,
        read.table,
        file=source.name,
        extract_date=site.extract_date,
        patterns=site.keys,
    )
    return DeliveredTable(source.name, checked.kept, read, checked)
