from types import SimpleNamespace

import pytest

from riskscreen.documents.pages.shares import build_shares
from riskscreen.documents.texts import DANISH, ENGLISH
from tests.scored_cases import specification
from tests.small_site import by_period


def row_of(risk, not_long, left):
    return SimpleNamespace(risk=risk, not_long=not_long, left=left)


def test_of_a_hundred_citizens_each_has_one_end():
    """43.6, 54.4 and 2.0 of 100: the largest remainder is rounded up."""
    spec = specification("long_absence")
    shares = build_shares(row_of(0.436, 0.544, 0.020), spec, DANISH)
    assert shares.title == "Efter 26 uger, ud af 100 borgere med en sag som denne"
    assert [row.n for row in shares.rows] == ["44", "54", "2"]
    assert shares.total == "100"
    assert shares.rows[2].words == (
        "Afsluttet af andre grunde (gået på pension, rejst ud eller døde)"
    )


def test_nobody_is_claimed_to_be_none():
    spec = specification("long_unemployment")
    shares = build_shares(row_of(0.2, 0.799, 0.001), spec, ENGLISH)
    assert [row.n for row in shares.rows] == ["20", "80", "fewer than 1"]
    assert shares.title == "Within 52 weeks, of 100 citizens with a case like this"
    assert "emigrated" in shares.rows[2].words


@pytest.mark.parametrize("row", [SimpleNamespace(risk=0.4), row_of(0.4, None, None)])
def test_a_row_without_shares_shows_none(row):
    assert build_shares(row, by_period(), DANISH) is None
