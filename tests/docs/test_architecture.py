"""The page a stranger opens first names functions where they are."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
NAMED = re.findall(r"`([\w/]+\.py)`,\s+`(\w+)(?:\.(\w+))?`", PAGE)


def list_names(tree):
    """Yield every function and class of a module, and of its classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def test_every_function_that_the_page_names_stands_in_the_file_it_names():
    assert len(NAMED) > 15
    missing = []
    for file, *names in NAMED:
        tree = ast.parse((ROOT / "src/riskscreen" / file).read_text("utf-8"))
        held = set(list_names(tree))
        missing += [(file, name) for name in names if name and name not in held]
    assert missing == []
