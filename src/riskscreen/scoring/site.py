"""What a site's folder delivers for scoring, as site.toml states it."""

from datetime import date

from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.readers.site import Site
from riskscreen.readers.sources import Source
from riskscreen.rules.code_groups import CodeTable, read_site_code_table
from riskscreen.rules.model_codes import read_model_codes
from riskscreen.rules.reforms import read_site_reforms
from riskscreen.scoring.batch import Delivery


@guarded
def deliver_from_site(
    site: Site,
    model: RiskModel,
    *,
    cases: Source | None = None,
    as_of: date | None = None,
) -> Delivery:
    """Return what *site* delivers for *model*: intake, history, codes, keys, day.

    *cases* takes the place of the stated intake, *as_of* of the stated extract date.
    Raises FileError where a table is neither stated nor found.
    """
    return Delivery(
        site=site.folder,
        zone=site.stated.timezone,
        cases=site.intake(model.spec.name, instead=cases),
        history=site.history() if model.spec.history else None,
        tables=site.tables([table.name for table in model.spec.tables]),
        as_of=as_of or site.extract_date,
        site_codes=_read_site_codes(site, model),
        keys=site.keys,
        synthetic=site.synthetic,
        places=site.find_places(model.spec.name),
        reforms=read_site_reforms(site.folder, synthetic=site.synthetic),
    )


def _read_site_codes(site: Site, model: RiskModel) -> CodeTable | None:
    """Read the site's code table over the model's own, for a model with a history."""
    if not model.code_table_csv:
        return None
    own = read_model_codes(model.code_table_csv)
    return read_site_code_table(site.folder, onto=own)
