"""Everything that the documents name stands where the table says, or says why not."""

import pytest

from docs.documents import PAGE, TITLES, find_field, format_page, read_named
from riskscreen.spec import SHIPPED_MODELS, read_specification

NAMED = read_named()


@pytest.mark.parametrize("named", NAMED, ids=lambda n: f"{n.kind}: {n.what}")
def test_a_thing_has_a_field_that_is_there_or_a_reason_why_it_has_none(named):
    assert named.document in TITLES
    assert bool(named.file) != bool(named.instead)
    if named.file:
        assert find_field(named), f"{named.file}: no {named.field}"


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text("utf-8") == format_page()


def test_every_column_whose_source_is_a_document_is_in_the_table():
    told = {n.field.removeprefix("columns.") for n in NAMED}
    told |= {n.field.rpartition(".")[2] for n in NAMED}
    routes = set()
    for name in ("long_absence", "long_benefit", "long_unemployment"):
        spec = read_specification(SHIPPED_MODELS / f"{name}.toml")
        routes |= {
            r.name for r in spec.population.routes if r.source in TITLES.values()
        }
        cited = {n for n, c in spec.columns.items() if c.source in TITLES.values()}
        features = cited & spec.features().keys()
        assert features - told == set()
    assert routes - told == set()
