"""The data scientist's commands: from a site's folder to a candidate, and its watch."""

from datetime import datetime
from enum import StrEnum
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
    complete_target,
    open_model,
    open_site,
    read_target,
)
from riskscreen.clock import read_clock
from riskscreen.errors import ALARM_EXIT, ScreeningError
from riskscreen.folders import check_can_stage
from riskscreen.guarding import require_extra
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.model.risk_model import RiskModel
    from riskscreen.readers.site import Site


class Size(StrEnum):
    """How many cases a synthetic municipality has: 4,000 or 20,000 a target."""

    small = "small"
    full = "full"


class Shape(StrEnum):
    """Which parameters a synthetic municipality is drawn from.

    *other* has other people, rates, effects and codes; in *dependent* whoever is the
    more ill is also the more likely to die, emigrate or be pensioned.
    """

    default = "default"
    other = "other"
    dependent = "dependent"


class ShippedPopulation(StrEnum):
    """The populations that ship, whose routes and columns a new target takes over."""

    sick_listed = "sick_listed"
    granted_flex_job = "granted_flex_job"


Candidate = Annotated[
    str | None, typer.Option("--kind", help="Take this candidate, whatever is better.")
]


def synthesise(
    out: Out,
    models: ModelsFolder,
    target: Annotated[
        str | None,
        typer.Option(
            help="Make dummy data of this target alone, named or the path of its "
            ".toml file: a row in every branch, and no truth. Of the other options it "
            "takes --cases, --years and --seed.",
            autocompletion=complete_target,
        ),
    ] = None,
    size: Annotated[Size, typer.Option(help="How many cases.")] = Size.full,
    cases: Annotated[
        int | None,
        typer.Option(
            min=1, help="Cases per target, in place of a size; of dummy data 3,000."
        ),
    ] = None,
    years: Annotated[int, typer.Option(min=1, help="Years of cases.")] = 12,
    shape: Annotated[
        Shape,
        typer.Option(
            help="Which parameters: other people, effects and codes; or leaving that "
            "depends on how ill one is (11 % leave by the horizon)."
        ),
    ] = Shape.default,
    leaving_odds: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=1000.0,
            help="Multiply everybody's odds of leaving (death, emigration, pension): "
            "3.6 about doubles the share that leaves the dependent shape.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same site.")] = 1,
    efforts: Annotated[
        bool,
        typer.Option(
            "--efforts",
            help="Give help to some, and write to whom; and follow-up tables.",
        ),
    ] = False,
    employment: Annotated[
        bool, typer.Option("--employment", help="Write everybody's months of work.")
    ] = False,
    reform: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day of a reform that makes cases longer; reforms.csv says so.",
        ),
    ] = None,
    every_target: Annotated[
        bool,
        typer.Option(
            "--every-target", help="Make the cases of every target, not the demo's."
        ),
    ] = False,
    every_fact: Annotated[
        bool,
        typer.Option(
            "--every-fact",
            help="Add what few sites deliver: facts beside deadlines, partial recovery "
            "(code 899), returns to the waiting benefit.",
        ),
    ] = False,
) -> None:
    """Make a synthetic municipality and say what was made.

    With --target it makes dummy data of any specification instead, so that the same
    commands run on them and on real data.

    Example: riskscreen synthesise --out out/site --size small
    """
    from riskscreen.stories.synthesise import (
        DUMMY_CASES,
        SIZES,
        describe_site,
        synthesise_target,
    )
    from riskscreen.stories.synthesise import synthesise as run

    if target is not None:
        others = (size != Size.full, shape != Shape.default, leaving_odds, reform)
        if any((*others, efforts, employment, every_target, every_fact)):
            raise typer.BadParameter("--target takes --cases, --years and --seed alone")
        spec, count = read_target(target, models), cases or DUMMY_CASES
        made = synthesise_target(spec, out, cases=count, years=years, seed=seed)
        print_lines(made.describe(out))
        return
    count = cases or SIZES[size]
    site = run(
        out,
        cases=count,
        years=years,
        shape=shape,
        seed=seed,
        leaving_odds=leaving_odds,
        efforts=efforts,
        follow_up=efforts,
        employment=employment,
        reform=None if reform is None else reform.date(),
        every_target=every_target,
        every_fact=every_fact,
    )
    print_lines(describe_site(site, out))


def new_target(
    name: Annotated[
        str, typer.Argument(help="The target's name: small letters, digits and _.")
    ],
    table: Annotated[
        Path | None,
        typer.Option(
            help="A table of cases: types, levels and units are guessed, and marked."
        ),
    ] = None,
    population: Annotated[
        ShippedPopulation | None,
        typer.Option(help="Who it is about, where that is a shipped target's."),
    ] = None,
    ready: Annotated[
        bool,
        typer.Option(
            "--ready", help="Outcomes are delivered; no benefit history is read."
        ),
    ] = False,
    models: Annotated[
        Path, typer.Option("--models", help="The folder of your specifications.")
    ] = Path("models"),
) -> None:
    """Write a commented specification to begin a target.

    Example: riskscreen new-target long_rehabilitation --table cases.csv
    """
    from riskscreen.stories.new_target import begin_target

    if ready and population:
        raise typer.BadParameter("--ready and --population do not go together")
    told = begin_target(
        name,
        models,
        table=table,
        population=population.value if population else None,
        ready=ready,
    )
    print_lines(told)


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("out"),
    size: Annotated[Size, typer.Option(help="How many cases.")] = Size.full,
    cards: Annotated[
        Path | None,
        typer.Option(
            help="Folder for cards of every shipped target, not three, validated."
        ),
    ] = None,
) -> None:
    """Run the whole product on a synthetic municipality.

    Example: riskscreen demo --size small --out out
    """
    require_extra("train")
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.stories.demo import demo as run
    from riskscreen.stories.demo import describe_demo

    run(size, out, now=read_clock(), cards=cards, reporter=build_stderr_reporter())
    print_lines(describe_demo(out, cards=cards))


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
    require_extra("train")
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
    require_extra("train")
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
    require_extra("train")
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
    require_extra("train")
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
    require_extra("train")
    from riskscreen.stories.set_places import set_places as run

    found = run(target, open_site(site), tracking_uri=tracking_uri)
    print_lines(found.describe())


def monitor(
    target: Target,
    site: SiteFolder,
    out: Out,
    model: StoredModel = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            envvar="MLFLOW_TRACKING_URI",
            help="The MLflow registry; named, a run there keeps the figures.",
        ),
    ] = None,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Monitor a model of TARGET on the newest delivery of SITE.

    It recommends one thing: nothing, recalibrate, retrain or stop. Anything but nothing
    ends it with 4.

    Example: riskscreen monitor long_absence --site site --out monitoring
    """
    from riskscreen.monitoring.monitor import monitor_model
    from riskscreen.monitoring.pages import MADE_BY, list_metrics, write_monitoring
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.timeline import find_today

    check_can_stage(out, made_by=MADE_BY, inputs=(site, model))
    stated = open_site(site)
    uri = tracking_uri or DEFAULT_REGISTRY
    found = monitor_model(
        open_model(target, model, uri, site=stated),
        stated,
        on=find_today(read_clock(), stated.stated.timezone),
        accept_unknown_codes=accept_unknown_codes,
        reporter=build_stderr_reporter(),
    )
    index = write_monitoring(found, out=out, inputs=(site, model))
    if tracking_uri:
        from riskscreen.registry.store import Registry

        with Registry(tracking_uri).open_training(target) as run:
            run.log_monitoring(
                target, found.version, folder=out, metrics=list_metrics(found)
            )
    print_lines([*found.describe(), f"Open {index} in a browser."])
    raise typer.Exit(ALARM_EXIT if found.recommendation.action != "nothing" else 0)


def _open_judged(target: str, uri: str, *, site: "Site") -> "RiskModel":
    """Open what the registry's approved version was judged by, which knows no test."""
    from riskscreen.registry.store import Registry

    models = Registry(uri).load_approved(target)
    return models[1] if models else open_model(target, None, uri, site=site)
