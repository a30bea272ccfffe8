"""Known changes that lie within what a delivery tells, in words."""

import pandas as pd

from riskscreen.readers.site import Site
from riskscreen.rules.reforms import read_site_reforms, select_reforms
from riskscreen.spec import Specification, list_rules

YEARS_BACK = 3
"""Older changes are not told: most of what trains is newer."""


def describe_changes(site: Site, spec: Specification) -> list[str]:
    """Describe the changes of the last YEARS_BACK years before the extract, by day.

    Raises FileError or SpecError where the site's list cannot be used.
    """
    reforms = read_site_reforms(site.folder, synthetic=site.synthetic)
    day = pd.Timestamp(site.extract_date)
    since = day - pd.DateOffset(years=YEARS_BACK)
    return [
        f"{spec.name}: {reform.affects} changed on {reform.day} ({reform.what}); what "
        "was registered before and after means different things."
        for reform in select_reforms(reforms, spec.name, list_rules(spec))
        if since <= pd.Timestamp(reform.day) <= day
    ]
