"""Bodies that nobody should send, drawn from a seed; each has the canary in it."""

import json
import random
from collections import Counter

from tests.live.asking import CANARY, QUESTION

PERSON_NUMBER = "010190-1234"
SECRETS = (CANARY, PERSON_NUMBER, PERSON_NUMBER.replace("-", ""))
ODD = "\u202e\u2066\ufeff\u0000\u2028æøå𝔘"


def draw_hostile(seed):
    """Return a body."""
    rng = random.Random(seed)
    return rng.choice(_KINDS)(rng)


async def send_hostile(client, bodies):
    """Send so many; each is refused with a reason that has nothing of it in it."""
    statuses = Counter()
    for seed in range(bodies):
        answered = await client.ask("POST", "/v1/score", draw_hostile(seed))
        statuses[answered.status] += 1
        assert 400 <= answered.status < 500, (seed, answered.status)
        assert answered.json()["message"], seed
        text = answered.body.decode()
        assert not any(secret in text for secret in SECRETS), seed
    return statuses


def _change(rng, value, *, part="case", name=None):
    question = json.loads(json.dumps(QUESTION))
    row = question["case"] if part == "case" else rng.choice(question["history"])
    row[name or rng.choice(list(row))] = value
    row.setdefault("note", CANARY)
    return question


def _broken(rng):
    text = json.dumps(_change(rng, CANARY)).encode()
    cut = rng.randrange(1, len(text) - 1)
    return rng.choice(
        [text[:cut], text[cut:], text[:cut] + b"\xff" + text[cut:], text * 2]
    )


def _deep(rng):
    depth = rng.choice([50, 300, 5000])
    opened, closed = rng.choice([("[", "]"), ('{"a":', "}")])
    return f"{opened * depth}1{closed * depth if rng.random() < 0.5 else ''}".encode()


def _huge_number(rng):
    endless = ["1e999", "-1e999", "NaN", "Infinity", "-Infinity"]
    number = rng.choice([*endless, "9" * 400, "1e308"])
    # A distance too large is a fact that cannot be read: its case is scored, and told.
    part = rng.choice(["helpers", "distance"]) if number in endless else "helpers"
    return json.dumps(_change(rng, "@", name=part)).replace('"@"', number).encode()


def _wrong_kind(rng):
    value = rng.choice([[CANARY], {CANARY: 1}, [], {}, [[[]]]])
    part = rng.choice(["case", "history"])
    return json.dumps(_change(rng, value, part=part)).encode()


def _wrong_shape(rng):
    question = json.loads(json.dumps(QUESTION))
    key = rng.choice(["case", "history", "tables", "target", CANARY])
    question[key] = rng.choice([CANARY, 5, None, [CANARY], {CANARY: CANARY}, True])
    if key == "target" and question[key] is None:
        question[key] = CANARY
    if key == "tables":
        row = rng.choice([{CANARY: CANARY}, {"person_id": "other"}, {}])
        question[key] = {CANARY: [row]}
    if rng.random() < 0.3:
        question = [question]
    return json.dumps(question).encode()


def _number_of_a_person(rng):
    written = rng.choice([PERSON_NUMBER, PERSON_NUMBER.replace("-", ""), 101901234])
    name = rng.choice(["case_id", "person_id", "municipality", "team"])
    return json.dumps(_change(rng, written, name=name)).encode()


def _odd_text(rng):
    value = rng.choice(
        [ODD + CANARY, CANARY * 20_000, CANARY + "\u0000", "=1+1" + CANARY]
    )
    name = rng.choice(["helpers", "declined", "start_date", "decision_date"])
    return json.dumps(_change(rng, value, name=name)).encode()


def _lone_surrogate(rng):
    name = rng.choice(["case_id", "team", "colour"])
    return json.dumps(_change(rng, "@", name=name)).replace('"@"', '"\\ud800"').encode()


def _left_out(rng):
    question = _change(rng, CANARY, name="note")
    del question["case"][rng.choice(["case_id", "helpers", "start_date", "declined"])]
    return json.dumps(question).encode()


def _spell(rng):
    value = rng.choice([CANARY, "2018-02-31", -5, True, "9999-12-31", 1e300])
    name = rng.choice(["start_date", "code"])
    question = _change(rng, value, part="history", name=name)
    question["case"]["helpers"] = CANARY
    return json.dumps(question).encode()


_KINDS = (
    _broken,
    _deep,
    _huge_number,
    _wrong_kind,
    _wrong_shape,
    _number_of_a_person,
    _odd_text,
    _lone_surrogate,
    _left_out,
    _spell,
)
