"""A server before a server of MLflow, that turns: from then on it refuses."""

import http.server
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager


class _Between(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, body, kind = self.server.refusal or self._ask(content)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_DELETE = do_PUT = do_GET  # noqa: N815

    def _ask(self, content):
        headers = {"content-type": self.headers.get("content-type") or "text/plain"}
        asked = urllib.request.Request(
            self.server.behind + self.path,
            data=content or None,
            headers=headers,
            method=self.command,
        )
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read(), "application/json"

    def log_message(self, *_):
        pass


class TurningServer(http.server.ThreadingHTTPServer):
    """Passes on what it is asked, until ``turn`` says which status it answers with."""

    def __init__(self, behind):
        super().__init__(("127.0.0.1", 0), _Between)
        self.behind, self.refusal = behind, None
        self.uri = f"http://127.0.0.1:{self.server_port}"

    def turn(self, status):
        self.refusal = status and (status, b"no longer", "text/plain")


@contextmanager
def turning_server(behind):
    server = TurningServer(behind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
