from xml.etree import ElementTree

from docs.pictures import FLOW, draw_flow, draw_layers, draw_training, read_layers


def test_the_readmes_picture_is_as_the_script_draws_it():
    """Draw it anew: python docs/pictures.py."""
    assert FLOW.read_text("utf-8") == draw_flow()


def test_every_picture_is_well_formed_and_says_what_it_shows():
    layers = draw_layers([["spec"], ["errors", "files"]])
    for picture in (draw_flow(), draw_training(), layers):
        root = ElementTree.fromstring(picture)
        assert root.get("aria-label")


def test_layers_are_read_as_the_contract_has_them(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.importlinter.contracts]]\ntype = "layers"\n'
        'layers = ["(cli)", "(scoring) : (registry)"]\n'
    )
    found = read_layers(tmp_path / "pyproject.toml")
    assert found == [["cli"], ["scoring", "registry"]]
