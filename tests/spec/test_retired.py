from fnmatch import fnmatchcase

import pytest

from riskscreen.spec.reference import describe_keys, make_schema
from riskscreen.spec.retired import RETIRED_KEYS


@pytest.mark.slow
def test_every_successor_is_a_key_of_today():
    page = describe_keys()
    for new in RETIRED_KEYS.values():
        assert f"| `{new.partition(',')[0]}` |" in page


@pytest.mark.slow
def test_no_retired_key_is_taken_again():
    def paths(definition, path):
        for name, key in definition["properties"].items():
            here = f"{path}{name}"
            yield here
            values = [key, *key.get("anyOf", ())]
            named = key.get("patternProperties", {}).values()
            for value, below in [(v, here) for v in values] + [
                (v, f"{here}.x") for v in named
            ]:
                if "$ref" in value:
                    table = schema["$defs"][value["$ref"].rpartition("/")[2]]
                    if "properties" in table:
                        yield from paths(table, f"{below}.")

    schema = make_schema()
    keys = set(paths(schema, ""))
    assert "history.groups.x.code_groups" in keys
    assert not [k for k in keys for old in RETIRED_KEYS if fnmatchcase(k, old)]
