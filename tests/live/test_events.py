import json
import logging
from contextlib import contextmanager

from riskscreen.live import events
from riskscreen.live.events import log_as_json, write_event
from tests.live.asking import CANARY, NOW


@contextmanager
def logging_as_json():
    """Log as a service does; the loggers are as before afterwards."""
    own, root = events._log, logging.getLogger()
    before = own.handlers, own.propagate, own.level, root.handlers
    try:
        log_as_json(lambda: NOW)
        yield
    finally:
        own.handlers, own.propagate, root.handlers = before[0], before[1], before[3]
        own.setLevel(before[2])


def test_of_a_librarys_record_its_level_and_whose_it_is_are_told_alone(capsys):
    library = logging.getLogger("another.package")
    with logging_as_json():
        library.warning("no row of %s", CANARY)
        try:
            raise KeyError(CANARY)
        except KeyError:
            library.exception("failed")
    said = capsys.readouterr()
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [(e["event"], e["logger"], e["level"]) for e in told] == [
        ("library", "another.package", "warning"),
        ("library", "another.package", "error"),
    ]
    assert "Zebulon" not in said.out + said.err


def test_an_event_holds_no_number_of_a_person_and_a_targets_version_whole(capsys):
    models = {"passive_benefit": "2026.1"}
    with logging_as_json():
        write_event(lambda: NOW, "serving", host="010190-1234", models=models)
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == models
    assert "010190" not in told["host"]
