"""What tests of the store keep in it, and how they look at it."""

from datetime import UTC, date, datetime

from sqlalchemy import func, select

from riskscreen.store import keep_run
from riskscreen.store.verifying import verify_chain

AT = datetime(2025, 1, 6, 8, tzinfo=UTC)
DAY = date(2024, 12, 30)


def keep(store, model, scoring, **changes):
    told = {"at": AT, "data_date": DAY, **changes}
    with keep_run(store, model, **told) as add:
        add(scoring)


def count(store, table):
    with store.read() as connection:
        chosen = select(func.count()).select_from(table)
        return connection.execute(chosen).scalar_one()


def verified(store):
    with store.read() as connection:
        return verify_chain(connection)


def select_all(store, table):
    with store.read() as connection:
        return connection.execute(select(table)).all()
