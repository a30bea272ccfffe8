"""The service on loopback: 10,000 hostile bodies, and fifty requests a second.

    python -m benchmarks.service                    both, as they are meant
    python -m benchmarks.service --seconds 10 --bodies 500
    python -m benchmarks.service --schemathesis .venv-schemathesis/bin/st
    python -m benchmarks.service --model out/mine/approved --question question.json

Hostile bodies go to the application in this process (tests/live/hostile.py draws them):
4xx with a reason each, and nothing of a body in answer or log. Requests go to a real
process over HTTP, begun at even moments whether or not the earlier are answered, so
that a slow answer delays nobody's beginning. Without --model it is the small model of
the tests. What is printed is not tuned to; must: p50 25 ms, p99 100 ms; aim: 10, 40.
"""

import argparse
import asyncio
import http.client
import io
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import local

import numpy as np

from riskscreen.live.api_keys import make_api_key
from riskscreen.scoring.approved_model import load_model
from tests import small_site
from tests.live.asking import NOW, QUESTION, make_service
from tests.live.hostile import SECRETS, send_hostile


def count_refused(bodies):
    """Send *bodies* hostile ones; print statuses, and raise on one that is not 4xx."""
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.INFO)
    with tempfile.TemporaryDirectory() as place:
        folder = small_site.approved_folder(Path(place, "m"))
        site = Path(place, "site")
        site.mkdir()
        _, client = make_service(site, folder)

        statuses = asyncio.run(send_hostile(client, bodies))
    leaked = [secret for secret in SECRETS if secret in log.getvalue()]
    assert not leaked, "a canary stands in the log"
    told = ", ".join(f"{n} × {status}" for status, n in sorted(statuses.items()))
    print(f"{bodies:,} hostile bodies: {told}; no canary in an answer or in the log")


class Asker:
    """Asks over connections that stay open, one a thread."""

    def __init__(self, port, key, body):
        self._port, self._body, self._own = port, body, local()
        self._headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
        }

    def ask(self, due):
        """Wait until *due*, ask, and return status and seconds since then."""
        time.sleep(max(0.0, due - time.perf_counter()))
        if not hasattr(self._own, "http"):
            self._own.http = http.client.HTTPConnection("127.0.0.1", self._port)
        try:
            status = self._post()
        except ConnectionError:  # the service ends what is idle for 5 seconds
            self._own.http.close()
            status = self._post()
        return status, time.perf_counter() - due

    def _post(self):
        self._own.http.request("POST", "/v1/score", self._body, self._headers)
        answer = self._own.http.getresponse()
        answer.read()
        return answer.status


_NOT_OURS = ("positive_data_acceptance", "negative_data_rejection")


@contextmanager
def run_service(folder):
    """Run the service of the model in *folder* as a process; yield its port and key."""
    target = load_model(folder).model.spec.name
    with tempfile.TemporaryDirectory() as place:
        site = Path(place)
        (site / "site.toml").write_text("extract_date = 2024-12-30\n", "utf-8")
        key = make_api_key(site, "bench", [target], on=NOW.date(), overlap=0)
        command = [sys.executable, "-m", "riskscreen", "serve", "--site", place]
        with subprocess.Popen(
            [*command, "--model", folder, "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        ) as process:
            port = json.loads(process.stdout.readline())["port"]
            with ThreadPoolExecutor(1) as reading:
                reading.submit(process.stdout.read)  # a full pipe would stop it
                try:
                    yield port, key
                finally:
                    process.send_signal(signal.SIGTERM)


def time_requests(folder, question, *, rate, seconds):
    """Ask *rate* times a second; print p50, p99 and what was not answered with 200."""
    with run_service(folder) as (port, key), ThreadPoolExecutor(32) as pool:
        asker = Asker(port, key, json.dumps(question))
        for _ in range(20):
            asker.ask(time.perf_counter())
        began = time.perf_counter() + 0.1
        due = [began + n / rate for n in range(int(rate * seconds))]
        found = list(pool.map(asker.ask, due))
    took = np.array([spent for _, spent in found]) * 1000
    others = Counter(status for status, _ in found if status != 200)
    p50, p99 = np.percentile(took, [50, 99])
    print(
        f"{rate} requests a second for {seconds} s: p50 {p50:.1f} ms, "
        f"p99 {p99:.1f} ms, most {took.max():.1f} ms; not 200: {dict(others) or 'none'}"
    )


def check_by_schemathesis(program, folder, *, examples):
    """Let Schemathesis ask a running service what its own description allows, and not.

    Raises CalledProcessError where it finds a 5xx, or a status, a type, a header or an
    answer that the description does not have. Two of its checks are not ours: what the
    description allows may be refused, as no schema says that a decision comes after the
    start; and what it forbids may be answered, as a row that breaks a rule is set aside
    and told, and takes no other with it.
    """
    described = "http://127.0.0.1:{}/openapi.json"
    with run_service(folder) as (port, key), tempfile.TemporaryDirectory() as place:
        subprocess.run(
            [
                *(Path(program).absolute(), "run", described.format(port)),
                *("--header", f"Authorization: Bearer {key}"),
                *("--max-examples", str(examples), "--seed", "1"),
                *("--checks", "all", "--exclude-checks", ",".join(_NOT_OURS)),
                # A connection kept alive may close while the next question comes.
                *("--request-retries", "2"),
                *("--generation-database", "none", "--no-color"),
            ],
            check=True,
            cwd=place,  # where it leaves what it found
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--schemathesis", help="the program; then nothing else is run")
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--question", type=Path)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if asked.schemathesis:
        with tempfile.TemporaryDirectory() as place:
            folder = asked.model or small_site.approved_folder(Path(place, "m"))
            check_by_schemathesis(asked.schemathesis, folder, examples=asked.examples)
        return
    if asked.bodies:
        count_refused(asked.bodies)
    if asked.seconds:
        with tempfile.TemporaryDirectory() as place:
            folder = asked.model or small_site.approved_folder(
                Path(place, "m"), "lightgbm"
            )
            question = (
                json.loads(asked.question.read_text("utf-8"))
                if asked.question
                else QUESTION
            )
            time_requests(folder, question, rate=asked.rate, seconds=asked.seconds)


if __name__ == "__main__":
    main()
