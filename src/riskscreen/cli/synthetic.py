"""The commands without a site's data: synthesise one, and run the product on it."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import ModelsFolder, Out, complete_target, read_target
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines


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
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.stories.demo import demo as run
    from riskscreen.stories.demo import describe_demo

    run(size, out, now=read_clock(), cards=cards, reporter=build_stderr_reporter())
    print_lines(describe_demo(out, cards=cards))
