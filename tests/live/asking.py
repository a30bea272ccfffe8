"""A service in this process, and a client that speaks ASGI to it."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from riskscreen.live.api_keys import ApiKeys, make_api_key
from riskscreen.live.app import Service
from riskscreen.live.scoring import Limits
from riskscreen.live.served_models import FolderSource, ServedModels
from tests import small_site

NOW = datetime(2024, 12, 30, 12, tzinfo=UTC)
SPELLS = [
    {"code": "300", "start_date": "2018-02-26", "end_date": "2018-08-27"},
    {"code": "200", "start_date": "2018-10-07", "end_date": "2020-02-03"},
]
QUESTION = {"case": small_site.LIVE_CASE, "history": SPELLS}
CANARY = "Zebulon Kvistgård"


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


class Client:
    """Asks the application *app*, with *key* unless another is given."""

    def __init__(self, app, key):
        self.app, self.key = app, key

    async def ask(self, method, path, body=b"", *, key=None, chunks=None, kind=None):
        kind = "application/json" if kind is None else kind
        key = self.key if key is None else key
        length = (b"content-length", str(len(body)).encode())
        sized = (b"transfer-encoding", b"chunked") if chunks is not None else length
        headers = [(b"content-type", kind.encode()), sized]
        if key:
            headers.append((b"authorization", f"Bearer {key}".encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path.partition("?")[0],
            "raw_path": path.encode(),
            "query_string": path.partition("?")[2].encode(),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        parts = list(chunks if chunks is not None else [body])

        async def receive():
            if not parts:
                await asyncio.sleep(3600)
            part = parts.pop(0)
            more = bool(parts) or chunks is not None
            return {"type": "http.request", "body": part, "more_body": more}

        sent = []

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        began = sent[0]
        return Answered(
            began["status"],
            {k.decode(): v.decode() for k, v in began["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
        )

    def get(self, path, **options):
        return asyncio.run(self.ask("GET", path, **options))

    def score(self, content, **options):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return asyncio.run(self.ask("POST", "/v1/score", body, **options))


def make_service(site, folder, **limits):
    """A service of the model in *folder* for *site*, and the client of a key."""
    key = make_api_key(site, "form", ["small_target"], on=NOW.date(), overlap=7)
    service = Service(
        ApiKeys(site),
        ServedModels.open([FolderSource(folder)]),
        lambda: NOW,
        Limits(**limits),
    )
    return service, Client(service.build_app(), key)
