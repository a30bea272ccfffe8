"""The command of the papers that a municipality must have."""

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    ModelsFolder,
    MonitoringFolders,
    Out,
    SiteFolder,
    StoreUrl,
    Targets,
    TrackingUri,
    open_site,
)
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines


def papers(
    site: SiteFolder,
    out: Out,
    models: ModelsFolder,
    target: Targets = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    store: StoreUrl = None,
    monitoring: MonitoringFolders = None,
) -> None:
    """Draft the papers that a site must have.

    In Danish: impact assessments (GDPR 35, AI Act 27), record of processing,
    information to citizens, instructions for use, technical documentation,
    registration and roles. Each line is from the run, or says who must answer: the
    site, or a lawyer. Answers stand in papers.toml of the site's folder and are kept;
    those that rest on other figures by now are told.

    Example: riskscreen papers --site site --out papers
    """
    from riskscreen.registry.store import Registry
    from riskscreen.spec import list_targets
    from riskscreen.store import open_store
    from riskscreen.stories.papers import write_site_papers

    stated = open_site(site)
    written = write_site_papers(
        stated,
        target or stated.targets_among(list_targets(models)),
        out,
        registry=Registry(tracking_uri),
        store=None if store is None else open_store(store),
        monitoring=monitoring or (),
        on=stated.find_day(read_clock()),
    )
    print_lines(written.describe())
