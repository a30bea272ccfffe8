import asyncio
import json
import shutil
from dataclasses import dataclass, field

import pytest

from riskscreen.errors import NotApprovedError, RegistryError, UsageError
from riskscreen.live.served_models import FolderSource, ServedModels
from riskscreen.model.model_folder import APPROVAL_FILE
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.scoring.approved_model import load_model
from riskscreen.signing import SigningKey
from tests import small_site
from tests.live.asking import NOW, QUESTION, SPELLS, make_service

pytestmark = pytest.mark.slow

LEADER, SUCCESSOR = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Another approved version of the same target."""
    return small_site.approved_folder(
        tmp_path_factory.mktemp("other") / "m", "lightgbm"
    )


@dataclass
class Approved:
    """A source whose approval a test moves."""

    folder: object
    fetched: list = field(default_factory=list)

    def look(self):
        if isinstance(self.folder, Exception):
            raise self.folder
        return str(self.folder)

    def fetch(self):
        self.fetched.append(self.folder)
        return load_model(self.folder)


def test_a_model_is_put_in_place_when_another_is_approved(folder, other):
    source = Approved(folder)
    served = ServedModels.open([source])
    before = served.current
    assert served.refresh() == []
    source.folder = other
    (change,) = served.refresh()
    new = served.current["small_target"].version
    assert change.version == new != before["small_target"].version
    assert served.refresh() == []


def test_a_model_whose_approval_is_taken_back_goes_and_may_come_again(folder):
    source = Approved(folder)
    served = ServedModels.open([source])
    source.folder = NotApprovedError("Taken back.")
    (change,) = served.refresh()
    assert (change.version, dict(served.current)) == ("none", {})
    assert served.refresh() == []
    source.folder = folder
    assert served.refresh()[0].version == served.current["small_target"].version


def test_two_models_of_one_target_are_not_served(folder, other):
    with pytest.raises(UsageError, match="small_target"):
        ServedModels.open([FolderSource(folder), FolderSource(other)])


def test_what_nobody_approved_is_fetched_once_and_not_served(folder, tmp_path):
    unapproved = tmp_path / "m"
    shutil.copytree(folder, unapproved)
    (unapproved / APPROVAL_FILE).unlink()
    source = Approved(folder)
    served = ServedModels.open([source])
    source.folder = unapproved
    assert [change.version for change in served.refresh()] == ["none"]
    assert served.refresh() == []
    assert source.fetched == [folder, unapproved]


@pytest.mark.parametrize("fault", [RegistryError("Away."), ValueError("Zebulon")])
def test_where_the_registry_is_away_the_model_stays(folder, fault):
    source = Approved(folder)
    served = ServedModels.open([source])
    source.folder = fault
    (change,) = served.refresh()
    assert change.version == served.current["small_target"].version
    assert "Zebulon" not in str(change.error)


def test_an_exported_folder_is_looked_at_by_its_files(folder, other, tmp_path):
    place = tmp_path / "m"
    shutil.copytree(folder, place)
    served = ServedModels.open([FolderSource(place)])
    shutil.rmtree(place)
    shutil.copytree(other, place)
    (change,) = served.refresh()
    assert change.version == load_model(other).version
    (place / "approval.json").unlink()
    assert served.refresh()[0].version == "none"
    with pytest.raises(NotApprovedError):
        ServedModels.open([FolderSource(place)])


def sign(place, key):
    """Sign the approval of the model in *place* with *key*."""
    path = place / APPROVAL_FILE
    record = ApprovalRecord.model_validate_json(path.read_bytes())
    record = record.model_copy(update={"signed_by": key.public})
    signature = key.sign(record.to_signed_content())
    signed = record.model_copy(update={"signature": signature})
    path.write_text(signed.model_dump_json(), "utf-8")


def test_a_key_that_is_taken_away_takes_its_model_and_a_new_one_counts(
    folder, tmp_path
):
    place = tmp_path / "m"
    shutil.copytree(folder, place)
    sign(place, LEADER)
    keys = [LEADER.public]
    served = ServedModels.open([FolderSource(place, lambda: keys)])
    keys.append(SUCCESSOR.public)
    served.refresh()
    assert served.current["small_target"].signed_by == LEADER.public
    keys.remove(LEADER.public)
    (gone,) = served.refresh()
    assert (gone.version, dict(served.current)) == ("none", {})
    assert isinstance(gone.error, NotApprovedError)
    sign(place, SUCCESSOR)
    served.refresh()
    assert served.current["small_target"].signed_by == SUCCESSOR.public


def test_each_answer_in_flight_is_of_one_version_and_matches_it(
    folder, other, tmp_path
):
    service, client = make_service(tmp_path, folder)
    source = Approved(folder)
    service.models.sources = {"small_target": source}
    expected = {
        model.version: model.score_one(
            small_site.LIVE_CASE, SPELLS, clock=lambda: NOW
        ).model_dump_json()
        for model in map(load_model, (folder, other))
    }

    async def ask_meanwhile():
        body, answers = json.dumps([QUESTION] * 2).encode(), []
        for place in (other, folder):
            source.folder = place
            moving = asyncio.to_thread(service.models.refresh)
            asked = [client.ask("POST", "/v1/score", body) for _ in range(3)]
            _, *during = await asyncio.gather(moving, *asked)
            answers += [*during, await client.ask("POST", "/v1/score", body)]
        return answers

    answered = asyncio.run(ask_meanwhile())
    seen = set()
    for answer in answered:
        assert answer.status == 200
        (version,) = {one["model_version"] for one in answer.json()}
        text = answer.body.decode()
        assert text == f"[{','.join([expected[version]] * 2)}]"
        seen.add(version)
    assert seen == set(expected)
