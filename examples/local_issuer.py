"""A sign-in on this machine, to try the served pages: no municipality's, no password.

    python -m examples.local_issuer --site site --role caseworker --team 0461/A

writes a public key into the site (local_issuer.json), which [pages] of its site.toml
names, and passes whatever comes to port 8081 on to the service at 8080 with a token
for the person named. Whoever reaches the port is that person: never use it elsewhere.
"""

import argparse
import http.client
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

ISSUER, AUDIENCE, KEYS = "local", "riskscreen", "local_issuer.json"
STATED = f"""
[pages]
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
keys = "{KEYS}"
"""
_OWN = ("connection", "authorization", "transfer-encoding", "content-length")


def write_keys(key: Ed25519PrivateKey, site: Path) -> None:
    """Write the public half of *key* into *site*, as issuers publish theirs."""
    public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys = {"keys": [{**public, "kid": ISSUER, "use": "sig"}]}
    (site / KEYS).write_text(json.dumps(keys), encoding="utf-8")


def make_token(key: Ed25519PrivateKey, **claims: object) -> str:
    """Return a token of an hour; *claims* are added, or take a claim's place."""
    said = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3600, **claims}
    return jwt.encode(said, key, algorithm="EdDSA", headers={"kid": ISSUER})


class Proxy(BaseHTTPRequestHandler):
    """Passes each request on, with a token in its header."""

    key: Ed25519PrivateKey
    claims: dict[str, object]
    service: str

    def do_GET(self) -> None:
        """Pass one request on."""
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        headers = {n: v for n, v in self.headers.items() if n.lower() not in _OWN}
        headers["authorization"] = f"Bearer {make_token(self.key, **self.claims)}"
        service = http.client.HTTPConnection(self.service)
        try:
            service.request(self.command, self.path, body or None, headers)
            answer = service.getresponse()
            content = answer.read()
        except OSError:
            self.send_error(502, f"Nobody answers at {self.service}: start serve")
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815  (the library's names)


def main() -> None:
    """Write the key, and pass requests on until Ctrl-C."""
    take = argparse.ArgumentParser(description=__doc__)
    take.add_argument("--site", type=Path, required=True)
    take.add_argument("--role", action="append", required=True)
    take.add_argument("--team", action="append", default=[])
    take.add_argument("--who", default="trial")
    take.add_argument("--port", type=int, default=8081)
    take.add_argument("--service", default="127.0.0.1:8080")
    asked = take.parse_args()
    Proxy.key = Ed25519PrivateKey.generate()
    Proxy.service = asked.service
    Proxy.claims = {"sub": asked.who, "roles": asked.role, "teams": asked.team}
    write_keys(Proxy.key, asked.site)
    print(f"site.toml needs:\n{STATED}\nOpen http://127.0.0.1:{asked.port}/")
    ThreadingHTTPServer(("127.0.0.1", asked.port), Proxy).serve_forever()


if __name__ == "__main__":
    main()
