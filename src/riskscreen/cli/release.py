"""The commands of what leaves a site: gather a study, and check it before it leaves."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import Out
from riskscreen.errors import ReleaseError
from riskscreen.terminal import print_lines

ApprovedBy = Annotated[
    str | None,
    typer.Option(
        "--model-approved-by",
        metavar="ROLE",
        help="The role that approves that the model leaves, too; never a name.",
    ),
]


def study(
    trained: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="What train or evaluate wrote."),
    ],
    out: Out,
    approved_by: ApprovedBy = None,
) -> None:
    """Gather what may leave of a training: rounded figures.

    They are counts and means of many people, as train or evaluate found them.
    Check it with release-check before it leaves. Its model stays, unless a role
    approves that it leaves.

    Example: riskscreen study out/training --out out/study
    """
    from riskscreen.release import gather_study

    count = gather_study(trained, out, approved_by=approved_by)
    print_lines(
        [
            f"{out}: {count} files. Check them before they leave: "
            f"riskscreen release-check {out}"
        ]
    )


def release_check(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder that is to leave.")
    ],
    earlier: Annotated[
        list[Path] | None,
        typer.Option(
            "--earlier", help="A folder that left before it; may be repeated."
        ),
    ] = None,
    approved_by: ApprovedBy = None,
) -> None:
    """Check FOLDER before it leaves, every file by its content.

    No row of a person, no count of fewer than five or that gives one away, nothing
    unrounded, no difference of a few from an --earlier release. It ends with 26 and
    says file, place, rule and remedy, never a value.

    Example: riskscreen release-check out/study --earlier sent/2025
    """
    from riskscreen.release import check_release

    found = check_release(folder, earlier=earlier or (), approved_by=approved_by)
    if found:
        raise ReleaseError(
            "\n".join([f"{folder}: may not leave.", *(f"  {of}" for of in found)])
        )
    print_lines([f"{folder}: no rule keeps it from leaving."])
