"""Make a municipality that does not exist, or dummy data of a specification."""

from datetime import date
from pathlib import Path

from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.spec import Specification
from riskscreen_synthetic import (
    SHAPES,
    SyntheticSite,
    add_every_fact,
    add_follow_up,
    help_as_caseworkers_do,
    synthesise_site,
    write_intake,
    write_intake_before,
    write_letter_texts,
    write_site,
)
from riskscreen_synthetic.dummy import DummySite, synthesise_dummy, write_dummy

WEEKS_OF_INTAKE = 4
BEFORE = "intake_before"
"""The folder of the cases as they were a week before."""
MADE_BY = "synthesise"
SIZES = {"small": 4_000, "full": 20_000}
"""Cases of each target."""
DUMMY_CASES = 3_000
"""Cases of dummy data: enough for a training to go through, in a minute or two."""


def synthesise(
    out: Path,
    *,
    cases: int,
    years: int = 12,
    shape: str = SHAPES[0],
    seed: int = 1,
    leaving_odds: float | None = None,
    efforts: bool = False,
    follow_up: bool = False,
    employment: bool = False,
    reform: date | None = None,
    every_target: bool = False,
    every_fact: bool = False,
    letters: bool = False,
) -> SyntheticSite:
    """Make a site and write its folder, its newest cases as those to be scored.

    Beside them, in BEFORE, are the same cases as they were a week ago.
    *cases* is the number per target; the same *seed* makes the same site.
    *leaving_odds* multiplies everybody's odds of leaving otherwise. With *efforts* some
    of the sick-listed are helped, which changes how their cases end; with *follow_up*
    it has the tables of what became of cases; with *employment* everybody's months of
    work. On *reform* the rules change, and the site's reforms.csv says so. With
    *every_target* it has the cases of the further targets, beside those that the demo
    trains; with *every_fact* what few sites deliver, and rows that are rare in
    registers; with *letters* the texts of letters to citizens.
    """
    check_can_stage(out, made_by=MADE_BY, of_people=False)
    site = synthesise_site(
        cases=cases,
        years=years,
        shape=shape,
        seed=seed,
        leaving_odds=leaving_odds,
        employment=employment,
        reform=reform,
        every_target=every_target,
    )
    site = help_as_caseworkers_do(site) if efforts else site
    site = add_follow_up(site) if follow_up else site
    site = add_every_fact(site) if every_fact else site
    extract = date.fromisoformat(str(site.parameters["calendar"]["extract_date"]))
    with stage_folder(out, made_by=MADE_BY, of_people=False) as folder:
        write_site(site, folder)
        if letters:
            write_letter_texts(folder)
        for name, target in site.targets.items():
            write_intake(target, folder / "intake" / name, weeks=WEEKS_OF_INTAKE)
            write_intake_before(
                target, folder / BEFORE / name, weeks=WEEKS_OF_INTAKE, on=extract
            )
    return site


def synthesise_target(
    spec: Specification, out: Path, *, cases: int, years: int = 8, seed: int = 1
) -> DummySite:
    """Make dummy data of *spec* alone and write its site's folder.

    Nothing in them is true of anybody: they are there to try *spec* on, every branch.
    """
    check_can_stage(out, made_by=MADE_BY, of_people=False)
    site = synthesise_dummy(spec, cases=cases, years=years, seed=seed)
    with stage_folder(out, made_by=MADE_BY, of_people=False) as folder:
        write_dummy(site, folder)
    return site


def describe_site(site: SyntheticSite, out: Path) -> list[str]:
    """Describe what a site in *out* holds, in counts alone."""
    spells, persons = len(site.history), site.history["person_id"].nunique()
    marks = ", ".join(f"{n} {mark}" for mark, n in site.parameters.marks.items())
    return [
        f"A synthetic municipality ({site.parameters.shape} shape) stands in {out}:",
        f"  history: {spells:,} spells of {persons:,} citizens",
        *(f"  {name}: {len(t.cases):,} cases" for name, t in site.targets.items()),
        *(
            []
            if site.employment is None
            else [f"  employment: months of {len(site.employment):,} citizens"]
        ),
        *([] if site.efforts is None else [f"  efforts: {len(site.efforts):,} rows"]),
        *(f"  {name}: {len(of):,} rows" for name, of in site.follow_up.items()),
        *([] if site.reform is None else [f"  reforms.csv: one on {site.reform}"]),
        f"  parameters: {marks} (each is named in PROVENANCE)",
        "  true risks: truth/ (for tests and benchmarks; no pipeline step reads them)",
    ]
