"""Begin a target: a commented specification, from a table if one is given."""

import re
from pathlib import Path

from riskscreen.documents.targets.skeleton import BASES, Population, format_skeleton
from riskscreen.errors import SpecError
from riskscreen.folders import place_files
from riskscreen.quality.guessed_columns import guess_columns
from riskscreen.readers.sources import TableSource, read_table
from riskscreen.spec import SHIPPED_MODELS, list_targets, read_specification
from riskscreen.spec.placeholders import list_placeholders
from riskscreen.spec.resolved import read_columns

MADE_BY = "new-target"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def begin_target(
    name: str,
    models: Path,
    *,
    table: Path | None = None,
    population: Population | None = None,
    ready: bool = False,
) -> list[str]:
    """Write the skeleton of *name* into the folder *models*, and say what to do next.

    Raises SpecError for a name that is none, is a shipped target's, or has a file
    there; FileError for a *table* that cannot be read.
    """
    file = models / f"{name}.toml"
    if not _NAME.fullmatch(name):
        raise SpecError(f"{name}: no name. Write small letters, digits and _.")
    if name in list_targets(SHIPPED_MODELS):
        raise SpecError(f"{name}: the name of a shipped target. Choose another.")
    if file.exists():
        raise SpecError(f"{file} is there already. Remove it, or choose another name.")
    guessed = None
    if table is not None:
        read = read_table(table)
        guessed = guess_columns(read.table, file=TableSource(table).name)
    text = format_skeleton(
        name,
        shared=read_columns(SHIPPED_MODELS),
        given=[
            column
            for base in BASES[population]
            for column in read_columns(SHIPPED_MODELS, base)
        ],
        population=population,
        ready=ready,
        table=guessed,
    )
    # What stands is somebody's: nothing is replaced, whoever wrote it.
    place_files(models, {file.name: text}, made_by=MADE_BY, is_ours=lambda _: False)
    spec = read_specification(file)
    left = len(guessed.left_out) if guessed else 0
    return [
        f"{file}: columns declared: {len(spec.columns)}; of the table left out: {left}",
        f"  texts to write before riskscreen publish: {len(list_placeholders(spec))}",
        f"  try it: riskscreen synthesise --target {file} --out out/{name}/site",
        f"          riskscreen check --target {file} --site out/{name}/site",
    ]
