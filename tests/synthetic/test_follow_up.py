"""Tables of follow-up of a synthetic municipality, and what they may not change."""

from functools import cache

import pandas as pd

from riskscreen.validation.follow_up import check_follow_up
from riskscreen.validation.schemas import FOLLOW_UP_TABLES
from riskscreen_synthetic import (
    add_follow_up,
    help_as_caseworkers_do,
    synthesise_site,
)


@cache
def helped():
    return help_as_caseworkers_do(synthesise_site(cases=400, years=3, seed=6))


@cache
def followed():
    return add_follow_up(helped())


def test_every_table_keeps_its_contract():
    extract = pd.Timestamp(helped().parameters["calendar"]["extract_date"]).date()
    assert tuple(followed().follow_up) == FOLLOW_UP_TABLES
    for name, table in followed().follow_up.items():
        checked = check_follow_up(name, table, file=name, extract_date=extract)
        assert checked.set_aside.empty, checked.set_aside["rule"].unique()
        assert len(checked.kept)


def test_nothing_else_of_the_site_changes_and_it_is_followed_up_alike():
    assert followed().history is helped().history
    assert followed().targets is helped().targets
    again = add_follow_up(helped()).follow_up
    for name, table in followed().follow_up.items():
        pd.testing.assert_frame_equal(again[name], table)


def test_without_help_caseloads_alone_are_counted():
    site = add_follow_up(synthesise_site(cases=200, years=3, seed=6))
    volumes = site.follow_up["volumes"]
    assert volumes["caseload"].gt(0).all()
    assert "entries" not in volumes
    assert not site.follow_up["follow_up"]["referred_at"].notna().any()
