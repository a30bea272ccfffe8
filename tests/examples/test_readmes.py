import pytest

from examples.french_jobseekers import reader as french
from examples.german_sick_leave import reader as german
from examples.run import EXAMPLES
from examples.site import specification_of
from examples.us_compensation import reader as american
from riskscreen.features.catalogue import list_features
from riskscreen.spec import Gates, read_specification

FOLDERS = {
    "us_compensation": american,
    "german_sick_leave": german,
    "french_jobseekers": french,
}


def test_every_example_is_run():
    assert {example.name for example in EXAMPLES} == set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_readme_names_file_checksum_terms_and_command(name):
    text = specification_of(name).with_name("README.md").read_text("utf-8")
    source = FOLDERS[name].SOURCE
    for told in (source.file, source.sha256, "commit ", "| terms |", "| cite |"):
        assert told in text
    assert "Made by `make examples`" in text
    # Held to its words, whatever else a README says of its data.
    assert "no decision may rest on it" in text


@pytest.mark.parametrize("name", FOLDERS)
def test_a_readme_tells_how_many_columns_are_used(name):
    text = specification_of(name).with_name("README.md").read_text("utf-8")
    used = len(list_features(read_specification(specification_of(name))))
    assert f"| columns used | {used}: " in text


@pytest.mark.parametrize("name", FOLDERS)
def test_no_example_loosens_a_gate(name):
    gates = read_specification(specification_of(name)).gates
    assert gates == Gates(evaluated_by=gates.evaluated_by)
