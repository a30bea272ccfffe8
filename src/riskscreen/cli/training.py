"""The data scientist's commands: from a site's folder to a candidate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    AcceptUnknownCodes,
    Jobs,
    ModelsFolder,
    Out,
    SiteFolder,
    Specified,
    StoredModel,
    Target,
    TrackingUri,
    open_model,
    open_site,
    read_target,
)
from riskscreen.errors import ScreeningError
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.model.risk_model import RiskModel
    from riskscreen.readers.site import Site


Candidate = Annotated[
    str | None, typer.Option("--kind", help="Take this candidate, whatever is better.")
]


def train(
    target: Specified,
    site: SiteFolder,
    out: Out,
    models: ModelsFolder,
    kind: Candidate = None,
    search_store: Annotated[
        Path | None,
        typer.Option(help="SQLite file that keeps the search, to go on with."),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODULE:CLASS",
            help="Also evaluate a scikit-learn classifier beside the model.",
        ),
    ] = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    validated: Annotated[
        bool,
        typer.Option("--validate", help="Also rolling origin and municipalities."),
    ] = False,
    accept_unknown_codes: AcceptUnknownCodes = False,
    jobs: Jobs = 1,
    if_changed: Annotated[
        bool,
        typer.Option(
            "--if-changed",
            help="Do nothing where the same data and recipe have made a version.",
        ),
    ] = False,
) -> None:
    """Train TARGET on SITE and register the candidate.

    It says what was chosen, how good it is, and which gates refuse it. With
    --if-changed a schedule may run it: the same data and recipe make no new version.

    Example: riskscreen train long_absence --site out/site --out out/training
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.spec.placeholders import describe_placeholders
    from riskscreen.stories.train import find_same_training
    from riskscreen.stories.train import train as run
    from riskscreen.training import validate_model

    if if_changed and (validated or compare):
        raise ScreeningError(
            "--if-changed asks for a version alone: leave it out with --validate or "
            "--compare."
        )
    spec, stated, reporter = (
        read_target(target, models),
        open_site(site),
        build_stderr_reporter(),
    )
    if told := describe_placeholders(spec):
        print_lines([f"{told}. None is published with them."])
    same = if_changed and find_same_training(
        spec,
        stated,
        tracking_uri=tracking_uri,
        kind=kind,
        accept_unknown_codes=accept_unknown_codes,
        reporter=reporter,
    )
    if same:
        print_lines(
            [
                f"{same.words}: of the same data and recipe. Nothing was trained, and "
                f"{out} is as it was."
            ]
        )
        return
    _, shipped, model_evaluation = run(
        spec,
        stated,
        out,
        tracking_uri=tracking_uri,
        kind=kind,
        search_store=search_store,
        compare=compare or (),
        validator=validate_model if validated else None,
        inputs=(models,),
        accept_unknown_codes=accept_unknown_codes,
        jobs=jobs,
        reporter=reporter,
    )
    print_lines(model_evaluation.describe())
    version = shipped.model.version
    print_lines([f"{spec.name}: candidate {version} in {out} and at the registry"])


def validate(
    target: Specified,
    site: SiteFolder,
    out: Out,
    models: ModelsFolder,
    kind: Candidate = None,
    accept_unknown_codes: AcceptUnknownCodes = False,
    jobs: Jobs = 1,
) -> None:
    """Validate TARGET on unseen periods and municipalities.

    Rolling origin; each municipality left out in turn; how stable the reasons are.

    Example: riskscreen validate long_absence --site out/site --out out/validation
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.stories.validate import validate as run

    validation = run(
        read_target(target, models),
        open_site(site),
        out,
        kind=kind,
        inputs=(models,),
        accept_unknown_codes=accept_unknown_codes,
        jobs=jobs,
        reporter=build_stderr_reporter(),
    )
    print_lines(validation.describe())


def evaluate(
    target: Target,
    out: Out,
    site: Annotated[
        Path | None, typer.Option(help="The site it was trained on: its test cases.")
    ] = None,
    external: Annotated[
        Path | None, typer.Option(help="Another site: every case with an outcome.")
    ] = None,
    model: StoredModel = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Evaluate a model of TARGET on its test cases, or elsewhere.

    On its own test it is the judged model that is evaluated, not the shipped one, which
    knows those cases; name its folder with --model, or leave it to the registry.

    Example: riskscreen evaluate long_absence --site out/site --out out/evaluation
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.stories.evaluate import evaluate as run

    if (where := external or site) is None or (external and site):
        raise ScreeningError("Name one of --site and --external.")
    stated = open_site(where)
    opened = (
        open_model(target, model, tracking_uri, site=stated)
        if model or external
        else _open_judged(target, tracking_uri, site=stated)
    )
    evaluation = run(
        opened,
        stated,
        out,
        external=external is not None,
        tracking_uri=tracking_uri,
        inputs=(model,),
        accept_unknown_codes=accept_unknown_codes,
        reporter=build_stderr_reporter(),
    )
    print_lines(evaluation.describe())


def recalibrate(
    target: Target,
    site: SiteFolder,
    out: Out,
    model: StoredModel = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Recalibrate a model of TARGET on the newest labels of SITE.

    Example: riskscreen recalibrate long_absence --site out/site --out out/newer
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.stories.recalibrate import recalibrate as run

    stated = open_site(site)
    recalibration = run(
        open_model(target, model, tracking_uri, site=stated),
        stated,
        out,
        tracking_uri=tracking_uri,
        inputs=(model,),
        accept_unknown_codes=accept_unknown_codes,
        reporter=build_stderr_reporter(),
    )
    print_lines(recalibration.describe())


def set_places(
    target: Target, site: SiteFolder, tracking_uri: TrackingUri = DEFAULT_REGISTRY
) -> None:
    """Set the thresholds of TARGET by the places of SITE.

    It reads [places.TARGET] of site.toml and needs no training; the new version is a
    candidate.

    Example: riskscreen set-places long_absence --site site
    """
    from riskscreen.stories.set_places import set_places as run

    found = run(target, open_site(site), tracking_uri=tracking_uri)
    print_lines(found.describe())


def _open_judged(target: str, uri: str, *, site: "Site") -> "RiskModel":
    """Open what the registry's approved version was judged by, which knows no test."""
    from riskscreen.registry.store import Registry

    models = Registry(uri).load_approved(target)
    return models[1] if models else open_model(target, None, uri, site=site)
