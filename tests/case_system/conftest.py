"""What the store's own tests have: a store of each kind, and a made-up scoring."""

from tests.store.conftest import (  # noqa: F401
    fresh_postgres,
    model,
    scoring,
    store,
    url,
)
