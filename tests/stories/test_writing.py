"""Each story looks at its folder before it reads, and leaves what is not its own."""

from datetime import UTC, datetime

import pytest

from riskscreen.errors import FileError
from riskscreen.model.model_folder import load_model_folder
from riskscreen.progress import SilentReporter
from riskscreen.readers.site import read_site
from riskscreen.spec import SHIPPED_MODELS, read_specification
from riskscreen.stories.demo import demo
from riskscreen.stories.evaluate import evaluate
from riskscreen.stories.recalibrate import recalibrate
from riskscreen.stories.synthesise import synthesise
from riskscreen.stories.train import train
from riskscreen.stories.validate import validate

pytestmark = pytest.mark.slow

SPECIFICATION = read_specification(SHIPPED_MODELS / "long_benefit.toml")
NOW = datetime(2025, 1, 6, tzinfo=UTC)


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


STORIES = {
    "train": lambda mine, uri, _: train(
        SPECIFICATION, read_site(mine.parent / "site"), mine, tracking_uri=uri
    ),
    "cards of train": lambda mine, uri, _: train(
        SPECIFICATION,
        read_site(mine.parent / "site"),
        mine.parent / "out",
        tracking_uri=uri,
        cards=mine,
    ),
    "validate": lambda mine, *_: validate(
        SPECIFICATION, read_site(mine.parent / "site"), mine
    ),
    "evaluate": lambda mine, _, model: evaluate(
        load_model_folder(model), read_site(mine.parent / "site"), mine
    ),
    "recalibrate": lambda mine, uri, model: recalibrate(
        load_model_folder(model),
        read_site(mine.parent / "site"),
        mine,
        tracking_uri=uri,
    ),
    "synthesise": lambda mine, *_: synthesise(mine, cases=200),
    "demo": lambda mine, *_: demo(
        "small", mine, now=NOW, cards=None, reporter=SilentReporter()
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_refuses_a_folder_that_is_not_its_own(aged, mine, name):
    taken = "index.html" if name == "demo" else "long_benefit.md"
    (mine / taken).write_text("mine")
    with pytest.raises(FileError, match=r"free|wrote"):
        STORIES[name](mine, store(mine.parent), aged / "model")
    assert sorted(p.name for p in mine.iterdir()) == sorted([taken, "thesis.txt"])
    assert not list(mine.parent.glob(".mine*"))


@pytest.mark.parametrize("name", ["train", "evaluate", "recalibrate", "validate"])
def test_a_story_never_replaces_the_site_that_it_reads(aged, mine, name):
    site = mine.parent / "site"
    (mine / "thesis.txt").unlink()
    (site / "site.toml").rename(mine / "site.toml")
    site.rmdir()
    site.symlink_to(mine)
    with pytest.raises(FileError, match="is an input"):
        STORIES[name](mine, store(mine.parent), aged / "model")
    assert (mine / "site.toml").is_file()
