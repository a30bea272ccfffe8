"""Write the skeleton of a target, from the shipped bases and a table's guesses."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from riskscreen.quality.guessed_columns import GuessedTable
from riskscreen.spec.placeholders import TO_WRITE
from riskscreen.spec.printed import format_value
from riskscreen.spec.resolved import SHIPPED_MODELS, read_bands

Population = Literal["sick_listed", "granted_flex_job"]
POPULATIONS: tuple[Population, ...] = get_args(Population)
BASES: dict[Population | None, list[str]] = {
    None: ["_every_target"],
    "sick_listed": ["_every_target", "_sick_listed"],
    "granted_flex_job": ["_every_target", "_granted_flex_job", "_work_capacity"],
}
_OF_THE_HISTORY = ["history", "baselines.time_on_support", "population.routes"]
_KEYS = ("case_id", "person_id", "start_date", "decision_date")
_NOTHING = GuessedTable((), (), ())


def format_skeleton(
    name: str,
    *,
    shared: Mapping[str, Any],
    given: Collection[str] = (),
    population: Population | None = None,
    ready: bool = False,
    table: GuessedTable | None = None,
) -> str:
    """Return the skeleton of *name*; *shared* are the shipped columns, as written.

    *given* are the columns that what it extends has already.

    With *population* it extends the shipped one; with *ready* outcomes are delivered.
    """
    guessed = table or _NOTHING
    taken = [c for c in guessed.columns if c.name in shared and c.name not in given]
    own = [c for c in guessed.columns if c.name not in shared]
    bands = read_bands(SHIPPED_MODELS, BASES[None][0])
    begun_with = next(iter(bands.values()))
    drop = list(_OF_THE_HISTORY) if ready else []
    if population is None and guessed.columns:
        there = {column.name for column in taken}
        drop += [f"audit.{of}.bands_of" for of, c in bands.items() if c not in there]
    drop += _list_undecided([column.name for column in taken], shared, given)
    first = next((column.name for column in (*taken, *own)), begun_with)
    environment = Environment(
        loader=PackageLoader("riskscreen.documents.targets", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["toml"] = format_value
    return environment.get_template("skeleton.toml.jinja").render(
        name=name,
        population=population,
        ready=ready,
        extends=BASES[population],
        drop=drop,
        shared_outcome=population == "granted_flex_job",
        begun_with=begun_with,
        baseline=first if ready else None,
        columns=guessed.columns or population,
        shared=taken,
        own=own,
        left_out=guessed.left_out,
        missing_keys=[k for k in _KEYS if table and k not in guessed.keys],
        words=_mark_words,
    )


def _list_undecided(
    taken: Sequence[str], shared: Mapping[str, Any], given: Collection[str]
) -> list[str]:
    """List the keys that say whom a column is about, by one that is not there."""
    about = {name: shared[name].get("applies_when") for name in taken}
    return [
        f"columns.{name}.applies_when"
        for name, when in about.items()
        if when and when["column"] not in (*taken, *given)
    ]


def _mark_words(da: str, en: str) -> str:
    """Return the words of a placeholder as TOML, marked in both languages."""
    texts = (
        f"{language} = {json.dumps(f'{TO_WRITE[language]} {text}', ensure_ascii=False)}"
        for language, text in (("da", da), ("en", en))
    )
    return f"{{ {', '.join(texts)} }}"
