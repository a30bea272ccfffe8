"""What MLflow refuses is a sentence of its own, with its own remedy and no secret."""

import http.server
import shutil
import sqlite3
import threading
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from riskscreen import sqlite_files
from riskscreen.errors import RegistryError
from riskscreen.registry import client
from riskscreen.registry.failures import describe_failure
from riskscreen.registry.store import Registry

TARGET = "long_benefit"


class _Answers(http.server.BaseHTTPRequestHandler):
    """Whatever is asked, the same answer."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def stub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def no_retries(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def _told(uri, ask=lambda registry: registry.find_candidate(TARGET)):
    with pytest.raises(RegistryError) as refused:
        ask(Registry(uri))
    return str(refused.value)


HTML = b"<html><title>Log in</title>a-secret-of-the-page</html>"
JSON = b'{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}'


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (200, HTML, "login page"),
        (200, b"[]", "login page"),
        (401, b"You are not authenticated.", "MLFLOW_TRACKING_USERNAME"),
        (403, JSON, "Ask whoever runs the server for the right"),
        (403, HTML, "Ask whoever runs the server for the right"),
        (404, HTML, "up to the last letter"),
        (429, HTML, "no more requests"),
        (500, HTML, "Its own log says why"),
        (502, HTML, "Wait a few minutes"),
        (503, HTML, "Wait a few minutes"),
    ],
)
def test_each_answer_of_a_server_has_its_remedy(status, body, remedy, stub):
    stub.answer = (status, body)
    address = f"http://leader:hush-hush@127.0.0.1:{stub.server_port}/?password=quiet"
    told = _told(address)
    assert remedy in told
    for secret in ("hush-hush", "leader", "quiet", "a-secret-of-the-page", "\n"):
        assert secret not in told


def test_a_port_where_nothing_listens():
    closed = http.server.HTTPServer(("127.0.0.1", 0), _Answers)
    closed.server_close()
    address = f"u:hush@127.0.0.1:{closed.server_port}"
    assert "Nothing listens" in _told(f"http://{address}")
    pytest.importorskip("psycopg", reason="needs the driver of PostgreSQL")
    told = _told(f"postgresql://{address}/registry")
    assert "Nothing listens" in told
    assert "hush" not in told


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "mlruns",
        "file:///srv/mlruns",
        "sqlite://mlflow.db",
        "sqlite:///:memory:",
        "sqlite://",
        "http:/host",
        "http://[",
    ],
)
def test_what_is_no_address_of_a_registry_makes_nothing(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no address" in _told(uri)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda registry: registry.find_candidate(TARGET),
        lambda registry: registry.find_approved(TARGET),
        lambda registry: registry.read_approvals(TARGET),
        lambda registry: registry.export_approved(TARGET, Path("out")),
    ],
)
def test_asking_at_a_mistyped_path_makes_no_database(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for uri in ("sqlite:///mlflw.db", "sqlite:///none/mlflow.db"):
        assert "no MLflow registry" in _told(uri, ask)
    assert Registry("sqlite:///mlflw.db").load_approved(TARGET) is None
    assert list(tmp_path.iterdir()) == []


def test_training_begins_no_registry_in_a_folder_that_is_not_there(tmp_path):
    def ask(registry):
        with registry.open_training(TARGET):
            pytest.fail("began")

    assert "no such folder" in _told(f"sqlite:///{tmp_path}/none/mlflow.db", ask)
    assert list(tmp_path.iterdir()) == []


def _asks():
    def train(registry):
        with registry.open_training(TARGET):
            pytest.fail("began")

    return [lambda registry: registry.find_candidate(TARGET), train]


@pytest.mark.parametrize("ask", _asks())
def test_a_foreign_database_is_left_byte_for_byte(ask, tmp_path):
    path = tmp_path / "payroll.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table wages (who text)")
    text = tmp_path / "notes.db"
    text.write_text("not a database at all", "utf-8")
    for file, remedy in ((path, "something else"), (text, "no SQLite database")):
        before = sha256(file.read_bytes()).hexdigest()
        assert remedy in _told(f"sqlite:///{file}", ask)
        assert sha256(file.read_bytes()).hexdigest() == before
    assert {p.name for p in tmp_path.iterdir()} == {"payroll.db", "notes.db"}


@pytest.mark.parametrize("ask", _asks())
@pytest.mark.parametrize(
    ("revision", "remedy"),
    [("bd07f7e963c5", "mlflow db upgrade"), ("ffffffffffff", "newer MLflow")],
)
def test_a_database_of_another_mlflow_is_not_touched(revision, remedy, ask, database):
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("update alembic_version set version_num = ?", [revision])
        store.execute("drop table webhook_events")
    before = database.read_bytes()
    assert remedy in _told(f"sqlite:///{database}", ask)
    assert database.read_bytes() == before


def test_a_locked_database_is_waited_for_and_then_told(database, monkeypatch):
    monkeypatch.setattr(sqlite_files, "LONGEST_LOOK", 0.1)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("begin exclusive")
        assert "is locked" in _told(f"sqlite:///{database}")
        other.execute("rollback")
    assert Registry(f"sqlite:///{database}").find_approved(TARGET) is None


def test_a_call_that_another_program_outran_is_made_again(database, monkeypatch):
    """Two programs that write one tag at once: the database refuses the later row."""
    monkeypatch.setattr(client, "WAITS", (0.0,))
    made = []

    def write_tag():
        with closing(sqlite3.connect(":memory:")) as store:
            store.execute("create table tags (name text unique)")
            store.execute("insert into tags values ('riskscreen.target')")
            try:
                made or store.execute("insert into tags values ('riskscreen.target')")
            except sqlite3.IntegrityError as refused:
                made.append("refused")
                raise MlflowException("(sqlite3.IntegrityError)") from refused
        return "written"

    asked = client.RetryingClient(f"sqlite:///{database}")
    monkeypatch.setattr(asked.plain, "set_registered_model_tag", write_tag)
    assert asked.set_registered_model_tag() == "written"
    assert made == ["refused"]


def test_an_alias_to_a_version_that_is_gone(database, record):
    registry = Registry(f"sqlite:///{database}")
    version = registry.log_training(record)
    copy = registry.approve(version, by="team leader", note="seen", on="2026-11-27")
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("delete from model_version_tags")
        store.execute("delete from model_versions")
    told = _told(registry.uri, lambda r: r.find_approved(TARGET))
    assert f"points at version {copy.number}, which is no longer" in told
    assert "Train again" in _told(registry.uri)


def test_artifacts_that_were_moved(database, record, tmp_path):
    registry = Registry(f"sqlite:///{database}")
    version = registry.log_training(record)
    shutil.move(tmp_path / "artifacts", tmp_path / "elsewhere")
    for ask in (
        lambda r: r.read_evaluation_text(version),
        lambda r: r.export(version, tmp_path / "out"),
    ):
        told = _told(registry.uri, ask)
        assert f"files of {version.words} are not where" in told
        assert "Put their folder back" in told
    assert not (tmp_path / "out").exists()


def test_a_sentence_never_quotes_what_mlflow_said():
    said = MlflowException("row 010190-1234 of http://u:hush@host/ is wrong")
    told = str(
        RegistryError(describe_failure(said, "http://u:hush@host/path?token=quiet"))
    )
    assert "@host/path" in told
    for secret in ("010190", "hush", "quiet"):
        assert secret not in told
