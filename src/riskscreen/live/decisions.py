"""A decision that a case system sends: read, allowed, and noted in the store."""

from datetime import datetime

from pydantic import ValidationError

from riskscreen.live.api_keys import StoredKey
from riskscreen.live.problems import RefusedError
from riskscreen.live.schema import Decision
from riskscreen.store import Store
from riskscreen.store.decisions import decide

_REMEDY = 'Send {"case_id": …, "target": …, "act": …, "by": …, "note": …}.'


def accept_decision(store: Store, body: bytes, key: StoredKey, *, at: datetime) -> None:
    """Note the decision in *body*.

    Raises RefusedError for a body that is none, and for a target that *key* is not for;
    else what decisions.decide raises.
    """
    try:
        asked = Decision.model_validate_json(body)
    except ValidationError:
        asked = None
    if asked is None:
        raise RefusedError(422, "Body", f"The decision cannot be read. {_REMEDY}")
    if asked.target not in key.targets:
        raise RefusedError(
            403, "KeyScope", f"This key is for: {', '.join(key.targets)}."
        )
    decide(
        store,
        asked.case_id,
        target=asked.target,
        act=asked.act,
        by=asked.by,
        note=asked.note,
        at=at,
    )
