"""The commands of a target's specification: begin one, print one."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import (
    TARGET_HELP,
    ApprovedFolder,
    ModelsFolder,
    complete_target,
    read_specification_of,
)
from riskscreen.terminal import print_lines


class ShippedPopulation(StrEnum):
    """The populations that ship, whose routes and columns a new target takes over."""

    sick_listed = "sick_listed"
    granted_flex_job = "granted_flex_job"


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


def specification(
    models: ModelsFolder,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET", help=TARGET_HELP, autocompletion=complete_target
        ),
    ] = None,
    model: ApprovedFolder = None,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="A JSON Schema of the file, for editors.")
    ] = False,
    as_keys: Annotated[
        bool, typer.Option("--keys", help="Every key and what it means, in Markdown.")
    ] = False,
) -> None:
    """Print the whole specification of TARGET.

    Example: riskscreen specification long_absence
    """
    from riskscreen.spec.printed import format_specification
    from riskscreen.spec.reference import describe_keys, make_schema

    if (target is not None or model is not None) + as_schema + as_keys != 1:
        raise typer.BadParameter("name a TARGET, or --schema or --keys alone")
    if as_schema:
        text = json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"
    elif as_keys:
        text = describe_keys()
    else:
        text = format_specification(read_specification_of(target, model, models))
    typer.echo(text, nl=False)
