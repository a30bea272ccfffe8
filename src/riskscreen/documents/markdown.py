"""Markdown from templates: no value formats, or runs; a missing name is an error."""

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

_ACTIVE = re.compile(r"[\\`*\[\]<>&|]|(?<![^\W_])_|_(?![^\W_])|^(?:#|[-+](?=\s))")


def open_markdown(package: str, folder: str = "templates") -> Environment:
    """Return the Markdown templates in *folder* of *package*, ready to fill."""
    return Environment(
        loader=PackageLoader(package, folder),
        finalize=escape_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def escape_markdown(value: object) -> str:
    """Return *value* on one line, as text that Markdown neither formats nor runs.

    What is HTML already, as markupsafe says it, stays.

    >>> escape_markdown("a|b <script> *x* not_worse_than -2")
    'a\\\\|b \\\\<script\\\\> \\\\*x\\\\* not_worse_than -2'
    """
    if hasattr(value, "__html__"):
        return str(value)
    return _ACTIVE.sub(r"\\\g<0>", re.sub(r"\s*\n\s*", " ", str(value)))
