"""The licence of each library that a release may bring, from its bill of materials.

python3 .ci/licences.py dist/sbom.cdx.json
"""

import json
import sys
from pathlib import Path
from typing import Any


def list_licences(bill: dict[str, Any]) -> list[str]:
    """Return a line a component of *bill* (CycloneDX): name, version, licences."""
    lines = []
    for component in bill["components"]:
        named = [_name(one) for one in component.get("licenses", [])]
        said = ", ".join(dict.fromkeys(filter(None, named))) or "not said"
        lines.append(f"{component['name']} {component['version']}: {said}")
    return sorted(lines, key=str.lower)


def _name(one: dict[str, Any]) -> str:
    """Return a licence's name: without a classifier's head, and not its whole text."""
    stated = one.get("license", {})
    said = one.get("expression") or stated.get("id") or stated.get("name") or ""
    return said.rpartition(" :: ")[2].partition("\n")[0]


if __name__ == "__main__":
    print(*list_licences(json.loads(Path(sys.argv[1]).read_text("utf-8"))), sep="\n")
