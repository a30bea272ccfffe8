"""Make the pages that the code can tell: keys of site.toml, tables, the Python API."""

import inspect
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from riskscreen.cli import app
from riskscreen.readers.site_file import SiteFile
from riskscreen.scoring.answers import Answer
from riskscreen.spec import SHIPPED_MODELS, list_targets, read_specification
from riskscreen.validation.delivery_guide import describe_delivery

# The modules that other programs may build on, what each is for, and what its functions
# return. A front's own ``__all__`` says what it offers.
FRONTS = {
    "riskscreen": (
        "An approved model scores data frames; features come to a notebook.",
        (
            "riskscreen.notebook.FeatureTable",
            "riskscreen.scoring.approved_model.ApprovedModel",
            "riskscreen.scoring.rows.Scoring",
            "riskscreen.model.risk_model.RiskModel",
        ),
    ),
    "riskscreen.testing": ("Proof that an estimator may be approved.", ()),
    "riskscreen.treeshap": (
        "Exact SHAP values of LightGBM models, useful on its own.",
        (),
    ),
}
MADE = "This page is made from the code when the documentation is built."


def write_pages(folder: Path) -> None:
    """Write every page into *folder*, leaving alone what has not changed."""
    folder.mkdir(exist_ok=True)
    pages = {
        "commands.md": describe_commands(),
        "site-keys.md": describe_site_keys(),
        "tables.md": describe_tables(),
        "answer.md": describe_answer(),
        "python.md": describe_python(),
    }
    for name, text in pages.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def describe_commands() -> str:
    """Return the help of each command, as a terminal of 88 columns shows it."""
    lines = [
        "# Commands",
        "",
        f"{MADE} Each command ends with one of the",
        "[exit codes](../exit-codes.md), after one message.",
        "",
    ]
    commands = typer.main.get_command(app)
    for path, text in _list_help(commands, "riskscreen", None):
        lines += [f"## {path}", "", "```text", text, "```", ""]
    return "\n".join(lines)


def _list_help(command: Any, name: str, above: Any) -> Iterator[tuple[str, str]]:
    """Yield the path and the help of *command*, and of those below it."""
    context = command.context_class(command, info_name=name, parent=above)
    context.terminal_width = context.max_content_width = 88
    yield context.command_path, command.get_help(context)
    for below in getattr(command, "commands", {}).items():
        yield from _list_help(below[1], below[0], context)


def describe_site_keys() -> str:
    """Return every key of site.toml: table, key, what it takes and its default."""
    schema = SiteFile.model_json_schema()
    rows = [
        f"| {f'`{table}`' if table else '–'} | `{key}` | {taken} | {default} |"
        for table, key, taken, default in _list_keys(schema, schema, "")
    ]
    return "\n".join(
        [
            "# The keys of site.toml",
            "",
            f"{MADE} What each key is for, with an example:",
            "[the site's folder](../site-folder.md). `<name>` stands for a name of",
            "your own: a target, a table, a municipality.",
            "",
            "| table | key | takes | default |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def describe_answer() -> str:
    """Return every key of the answer to one case, and of what it holds."""
    lines = ["# The answer to one case", "", f"{MADE} How to ask:"]
    lines += ["[score one case](../../how-to/one-case.md).", ""]
    whole = Answer.model_json_schema()
    for name, part in {"Answer": whole, **whole["$defs"]}.items():
        rows = [
            f"| `{key}` | {_show_type(whole, value)} |"
            for key, value in part["properties"].items()
        ]
        told = inspect.cleandoc(part["description"]).replace("``", "`")
        lines += [f"## {name}", "", told, "", "| key | holds |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _list_keys(
    whole: dict[str, Any], part: dict[str, Any], table: str
) -> Iterator[tuple[str, str, str, str]]:
    """Yield table, key, what it takes and its default; tables follow their keys."""
    tables = []
    for key, value in part.get("properties", {}).items():
        kind = _resolve(whole, value)
        named = _resolve(whole, kind.get("additionalProperties"))
        path = f"{table}.{key}" if table else key
        if "properties" in kind:
            tables.append((kind, path))
        elif "properties" in named:
            tables.append((named, f"{path}.<name>"))
        else:
            missing = key in part.get("required", ())
            default = "must be given" if missing else _show_default(value)
            yield table, key, _show_type(whole, value), default
    extra = _resolve(whole, part.get("additionalProperties"))
    if "properties" in extra:
        tables.append((extra, f"{table}.<name>"))
    for kind, path in tables:
        yield from _list_keys(whole, kind, path)


def _resolve(whole: dict[str, Any], value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    if "$ref" in value:
        found: dict[str, Any] = whole["$defs"][value["$ref"].split("/")[-1]]
        return found
    return value


def _show_default(value: dict[str, Any]) -> str:
    default = value.get("default")
    return "–" if default in (None, [], {}) else f"`{json.dumps(default)}`"


def _show_type(whole: dict[str, Any], value: dict[str, Any]) -> str:
    """Return what a key takes, in plain words; of a record its name."""
    value = _resolve(whole, value)
    if "properties" in value:
        return str(value["title"])
    if "anyOf" in value:
        kinds = [_show_type(whole, one) for one in value["anyOf"]]
        return " or ".join(k for k in kinds if k != "null")
    if one_of := value.get("enum") or ([value["const"]] if "const" in value else []):
        return ", ".join(f"`{one}`" for one in one_of)
    if value.get("type") == "array":
        return f"a list of {_show_type(whole, value.get('items', {}))}"
    if value.get("type") == "object":
        each = _show_type(whole, _resolve(whole, value.get("additionalProperties")))
        return f"a table of {each}"
    kind = {"string": "text", "boolean": "true or false", "integer": "whole number"}
    return str(value.get("format") or kind.get(value["type"], value["type"]))


def describe_tables() -> str:
    """Return what a site delivers for each shipped target, in English."""
    sections = []
    for name in sorted(list_targets(SHIPPED_MODELS)):
        spec = read_specification(SHIPPED_MODELS / f"{name}.toml")
        lines = describe_delivery(spec, language="en")
        sections += [f"## {name}", "", "```text", *lines, "```", ""]
    return "\n".join(
        [
            "# The tables of a delivery",
            "",
            f"{MADE} `riskscreen schema --target TARGET --out FOLDER`",
            "writes the same as JSON Schemas and empty CSV files.",
            "",
            *sections,
        ]
    )


def describe_python() -> str:
    """Return a page that asks Sphinx for the docstrings of every front."""
    lines = [
        "# Python",
        "",
        "Errors are those of the [exit codes](../exit-codes.md).",
        "None quotes a value of a row.",
        "",
    ]
    for front, (purpose, returned) in FRONTS.items():
        module = import_module(front)
        names = [f"{front}.{n}" for n in module.__all__ if n != "__version__"]
        lines += [f"## {front}", "", purpose, "", "```{eval-rst}"]
        for name in (*names, *returned):
            lines += _ask_for(name)
        lines += ["```", ""]
    return "\n".join(lines)


def _ask_for(name: str) -> list[str]:
    module, _, attribute = name.rpartition(".")
    found = getattr(import_module(module), attribute)
    if inspect.isclass(found):
        return [f".. autoclass:: {name}", "   :members:", ""]
    return [f".. autofunction:: {name}", ""]
