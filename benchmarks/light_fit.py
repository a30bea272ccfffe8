"""A fit without search and studies, for rows in which the fit is not the question."""

import tempfile
from pathlib import Path

from riskscreen.readers.site import read_site
from riskscreen.spec import Specification, read_specification
from riskscreen.training import Dataset, TrainingResult, prepare, train
from riskscreen_synthetic import SyntheticSite, write_site

MODELS = Path(__file__).parents[1] / "models"


def lighten(spec: Specification) -> Specification:
    """Return *spec* with one logistic regression of a given penalty for candidates."""
    light = type(spec.estimator)(candidates=("logistic",), penalties=(30.0,))
    return spec.model_copy(update={"estimator": light})


def train_lightly(made: SyntheticSite, target: str) -> tuple[Dataset, TrainingResult]:
    """Write *made*, read it for *target*, and train a light model on it."""
    dataset = read_made(made, lighten(read_specification(MODELS / f"{target}.toml")))
    return dataset, train(dataset)


def read_made(made: SyntheticSite, spec: Specification) -> Dataset:
    """Write *made* into a folder that is cleared away, and read it by *spec*."""
    with tempfile.TemporaryDirectory() as folder:
        write_site(made, Path(folder) / "site")
        return prepare(spec, read_site(Path(folder) / "site"))
