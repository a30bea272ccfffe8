"""Each pipeline looks at its folder before it reads, and leaves what is not its own."""

from pathlib import Path

import pytest

from pipelines import demo, evaluate, recalibrate, synthesise, train, validate
from riskscreen.errors import FileError
from riskscreen.progress import Silent

pytestmark = pytest.mark.slow

SPECIFICATION = Path(__file__).parents[2] / "models" / "long_benefit.toml"


@pytest.fixture
def mine(tmp_path):
    """A folder of somebody's, without a site worth reading anywhere."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/site.toml").write_text("extract_date = 2025-01-06\n")
    return tmp_path / "mine"


def store(tmp_path):
    return f"sqlite:///{tmp_path / 'store' / 'mlflow.db'}"


PIPELINES = {
    "train": lambda mine, uri, _: train.run(
        SPECIFICATION, mine.parent / "site", mine, tracking_uri=uri
    ),
    "cards of train": lambda mine, uri, _: train.run(
        SPECIFICATION,
        mine.parent / "site",
        mine.parent / "out",
        tracking_uri=uri,
        cards=mine,
    ),
    "validate": lambda mine, *_: validate.run(
        SPECIFICATION, mine.parent / "site", mine
    ),
    "evaluate": lambda mine, _, model: evaluate.run(
        model, mine, site=mine.parent / "site"
    ),
    "recalibrate": lambda mine, uri, model: recalibrate.run(
        model, mine.parent / "site", mine, tracking_uri=uri
    ),
    "synthesise": lambda mine, *_: synthesise.synthesise(mine, size="small"),
    "demo": lambda mine, *_: demo.run("small", mine, cards=None, tell=Silent()),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_refuses_a_folder_that_is_not_its_own(aged, mine, name):
    taken = "index.html" if name == "demo" else "long_benefit.md"
    (mine / taken).write_text("mine")
    with pytest.raises(FileError, match=r"free|wrote"):
        PIPELINES[name](mine, store(mine.parent), aged / "model")
    assert sorted(p.name for p in mine.iterdir()) == sorted([taken, "thesis.txt"])
    assert not list(mine.parent.glob(".mine*"))


@pytest.mark.parametrize("name", ["train", "evaluate", "recalibrate", "validate"])
def test_a_pipeline_never_replaces_the_site_that_it_reads(aged, mine, name):
    site = mine.parent / "site"
    (mine / "thesis.txt").unlink()
    (site / "site.toml").rename(mine / "site.toml")
    site.rmdir()
    site.symlink_to(mine)
    with pytest.raises(FileError, match="is an input"):
        PIPELINES[name](mine, store(mine.parent), aged / "model")
    assert (mine / "site.toml").is_file()
