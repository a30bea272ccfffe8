import sqlite3
from contextlib import closing

import pytest

from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = str(small_site.EXTRACTED.date())


@pytest.fixture
def scored(command, site, folder):
    """Scores the small site into the folder out, and into the store it returns."""
    url = f"sqlite:///{site.parent / 'store.db'}"

    def score(*more):
        return command(
            *("score", site / "cases.csv", "--history", site / "history.parquet"),
            *("--as-of", AS_OF, "--out", site.parent / "out", "--model", folder),
            *("--store", url, *more),
        )

    code, _, err = score()
    assert code == 0, err
    return url, score


def ask(url, query):
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        return database.execute(query).fetchall()


def test_a_run_is_kept_once_and_its_chain_is_whole(command, scored):
    url, score = scored
    ((first,),) = ask(url, "SELECT count(*) FROM scores")
    assert first > 20
    code, _, err = score("--purpose", "intake")
    assert code == 0, err
    assert ask(url, "SELECT count(*) FROM scores") == [(first,)]
    code, out, _ = command("audit", "verify", "--store", url)
    assert code == 0
    assert f"{first + 2} events" in out
    assert "The chain is whole" in out


def test_a_changed_store_is_told_by_number_and_ends_with_12(command, scored):
    url, _ = scored
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE contents SET body = 'x' WHERE content_id = 5")
        database.commit()
    code, out, err = command("audit", "verify", "--store", url)
    assert code == 12
    assert "Event 5: its content was changed" in out
    assert "1 faults" in err
    assert "case-" not in out + err


def test_a_store_that_cannot_be_made_stops_a_run_before_its_work(
    command, site, folder, tmp_path
):
    code, _, err = command(
        *("score", site / "cases.csv", "--history", site / "history.parquet"),
        *("--as-of", AS_OF, "--out", site.parent / "other", "--model", folder),
        *("--store", f"sqlite:///{tmp_path / 'none' / 'store.db'}"),
    )
    assert code == 12
    assert "no such folder" in err
    assert not (site.parent / "other").exists()
