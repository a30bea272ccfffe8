"""The pieces of a replay: taken where they are, and gone when all is done."""

import signal
import subprocess
import sys

import pandas as pd
import pytest

from riskscreen.replay.resuming import Pieces
from tests import small_site


def test_nights_are_scored_once_and_taken_from_then_on(tmp_path):
    nights, scored = pd.DataFrame({"case_id": ["a"], "risk": [0.25]}), []

    def score():
        scored.append("once")
        return nights

    pieces = Pieces.of(tmp_path / "out", {"cases": "x"})
    for _ in range(2):
        again = pieces.take_nights("nights-1", score)
        pd.testing.assert_frame_equal(again, nights)
    assert scored == ["once"]
    Pieces.of(tmp_path / "out", {"cases": "y"}).take_nights("nights-1", score)
    assert len(scored) == 2


def test_the_pieces_of_every_replay_go_when_one_is_done_and_nothing_of_others(tmp_path):
    nights, room = pd.DataFrame({"case_id": ["a"]}), tmp_path / "out.unfinished"
    for cases in ("those of before", "those of now"):
        pieces = Pieces.of(tmp_path / "out", {"cases": cases})
        pieces.take_nights("nights-1", lambda: nights)
    (room / "mine").mkdir()
    (room / "mine" / "notes.txt").write_text("kept")
    pieces.remove()
    assert [path.name for path in room.iterdir()] == ["mine"]
    assert (room / "mine" / "notes.txt").read_text() == "kept"


@pytest.mark.thorough
def test_what_a_killed_replay_was_writing_goes_with_the_pieces_of_another(tmp_path):
    """Killed while it wrote rows; then the delivery changed, and so the pieces' key."""
    killed = (
        "import os, pathlib, signal, sys\n"
        "from riskscreen.replay.resuming import Pieces\n"
        "def train(folder):\n"
        "    (folder / 'history.parquet').write_text('rows of citizens')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "out = pathlib.Path(sys.argv[1])\n"
        "Pieces.of(out, {'cases': 'x'}).take_model('model-1', train)\n"
    )
    out, room = tmp_path / "out", tmp_path / "out.unfinished"
    run = subprocess.run([sys.executable, "-c", killed, out], check=False)
    assert run.returncode == -signal.SIGKILL
    assert [path.name for path in room.rglob("*.parquet")] == ["history.parquet"]
    pieces = Pieces.of(out, {"cases": "y"})
    pieces.take_nights("nights-1", lambda: pd.DataFrame({"case_id": ["a"]}))
    pieces.remove()
    assert [*tmp_path.iterdir()] == []


def test_a_piece_that_fails_leaves_nothing(tmp_path):
    def fail():
        raise KeyboardInterrupt

    pieces = Pieces.of(tmp_path / "out", {})
    with pytest.raises(KeyboardInterrupt):
        pieces.take_nights("nights-1", fail)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_a_model_is_trained_once_and_the_room_goes_with_the_last_piece(tmp_path):
    rooms, made = [], small_site.model()

    def train(room):
        rooms.append(room)
        return made

    pieces = Pieces.of(tmp_path / "out", {})
    for _ in range(2):
        assert pieces.take_model("model-1", train).digest == made.digest
    assert len(rooms) == 1
    pieces.remove()
    assert [*tmp_path.iterdir()] == []
