"""The example of a part of a population is the shipped target, but for that part."""

import tomllib
from pathlib import Path

import pytest

from riskscreen.readers.site import read_site
from riskscreen.spec import SHIPPED_MODELS, list_targets, read_specification
from riskscreen_synthetic import synthesise_site, write_site

EXAMPLE = Path(__file__).parents[2] / "examples" / "sammen_om_fastholdelse"
NAME = "long_absence_employed"
OWN = {"name", "title", "population"}
"""What the example says in its own words."""


@pytest.fixture(scope="module")
def spec():
    return read_specification(EXAMPLE / "models" / f"{NAME}.toml")


def test_it_is_the_shipped_target_but_for_its_name_and_its_part(spec):
    shipped = read_specification(SHIPPED_MODELS / "long_absence.toml")
    assert spec.model_dump(exclude=OWN) == shipped.model_dump(exclude=OWN)
    assert spec.population.only == {"employed_at_intake": True}
    own = {"only", "who"}
    assert spec.population.model_dump(exclude=own) == shipped.population.model_dump(
        exclude=own
    )
    assert list_targets(EXAMPLE / "models") == [NAME]


@pytest.mark.slow
def test_the_cases_of_long_absence_serve_it(tmp_path, spec):
    made = synthesise_site(cases=30, years=2)
    write_site(made, tmp_path / "site")
    own = (EXAMPLE / "site/site.toml").read_text("utf-8")
    both = (tmp_path / "site/site.toml").read_text("utf-8")
    stated = own[own.index("[files") :]
    (tmp_path / "site/site.toml").write_text(f"{both}\n{stated}", "utf-8")
    assert tomllib.loads(own)["extract_date"]
    site = read_site(tmp_path / "site")
    cases, audit = site.cases(spec.name), site.audit(spec.name)
    for source, name in ((cases, "cases"), (audit, "audit")):
        assert source.source == tmp_path / "site/long_absence" / f"{name}.parquet"
