"""Make a municipality that does not exist, whose true risks are known."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.terminal import run_story
from riskscreen_synthetic import SHAPES, Site, make_site, write_intake, write_site

WEEKS_OF_INTAKE = 4
MADE_BY = "synthesise"
SIZES = {"small": 4_000, "full": 20_000}


def synthesise(
    out: Annotated[Path, typer.Option(help="the site folder to write")],
    size: Annotated[str, typer.Option(help="small or full")] = "full",
    cases: Annotated[
        int | None, typer.Option(help="cases per target, in place of a size")
    ] = None,
    years: Annotated[int, typer.Option(help="years of cases")] = 12,
    shape: Annotated[str, typer.Option(help="default or other")] = "default",
    seed: Annotated[int, typer.Option(help="the same seed makes the same site")] = 1,
) -> None:
    """Make a site and say what was made."""
    if size not in SIZES or shape not in SHAPES:
        raise typer.BadParameter(
            f"sizes: {', '.join(SIZES)}; shapes: {', '.join(SHAPES)}"
        )
    check_can_stage(out, made_by=MADE_BY, of_people=False)
    site = make_site(cases=cases or SIZES[size], years=years, shape=shape, seed=seed)
    write(site, out)
    for line in made(site, out):
        typer.echo(line)


def write(site: Site, out: Path) -> None:
    """Write the site's folder, and its newest cases as those to be scored."""
    with stage_folder(out, made_by=MADE_BY, of_people=False) as folder:
        write_site(site, folder)
        for name, target in site.targets.items():
            write_intake(target, folder / "intake" / name, weeks=WEEKS_OF_INTAKE)


def made(site: Site, out: Path) -> list[str]:
    """What a site holds, in counts alone."""
    spells, persons = len(site.history), site.history["person_id"].nunique()
    marks = ", ".join(f"{n} {mark}" for mark, n in site.parameters.marks.items())
    return [
        f"A made-up municipality ({site.parameters.shape} shape) stands in {out}:",
        f"  history: {spells:,} spells of {persons:,} citizens",
        *(f"  {name}: {len(t.cases):,} cases" for name, t in site.targets.items()),
        f"  parameters: {marks} (each is named in PROVENANCE)",
        "  true risks: truth/ (for tests and benchmarks; no pipeline step reads them)",
    ]


if __name__ == "__main__":
    run_story(synthesise)
