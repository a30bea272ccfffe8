"""A site and an approved model of it, made in seconds."""

from riskscreen.training import prepare, train
from riskscreen_synthetic import synthesise_site, write_site
from tests.approving import save_approved
from tests.field.doors import cheap_specification


def deliver_site(folder):
    """A made-up site of five years, for training."""
    write_site(synthesise_site(cases=600, years=5, seed=5), folder)
    return folder


def train_model(folder):
    """The folder of an approved model of such a site, both within *folder*."""
    site = deliver_site(folder / "trained on")
    prepared = prepare(cheap_specification(), site)
    return save_approved(train(prepared).model, folder / "model")
