"""Outcomes that the register has wrong."""

import numpy as np
import pandas as pd
import pytest

from riskscreen_synthetic import misregister_outcomes, synthesise_site


@pytest.fixture(scope="module")
def site():
    return synthesise_site(cases=300, years=4, seed=5)


def is_supported(history, cases, weeks):
    """Whether each case has a benefit *weeks* after its first day, row by row."""
    found = []
    for case in cases.itertuples():
        day = case.start_date + pd.Timedelta(weeks=weeks)
        rows = history[history["person_id"] == case.person_id]
        found.append(
            any(
                row.start_date <= day and not row.end_date <= day
                for row in rows.itertuples()
            )
        )
    return np.array(found)


def test_a_share_of_the_courses_turns_into_its_opposite(site):
    wrong = misregister_outcomes(site, 0.1)
    cases = site.targets["long_absence"].cases
    old = cases["decision_date"] < cases["decision_date"].max() - pd.Timedelta(weeks=40)
    cases = cases[old]
    before, after = (is_supported(s.history, cases, 26) for s in (site, wrong))
    assert 0.06 < (before != after).mean() < 0.14
    assert (before & ~after).any()
    assert (~before & after).any()


def test_what_was_visible_at_t0_and_the_truth_stay(site):
    wrong = misregister_outcomes(site, 0.5)
    assert wrong.targets is site.targets
    last = site.targets["long_absence"].cases.groupby("person_id")["decision_date"]
    last = last.max()

    def seen(history):
        day = history["person_id"].map(last)
        rows = history[history["registered_on"] < day]
        rows = rows.assign(end_date=rows["end_date"].clip(upper=day))
        rows = rows.assign(end_date=rows["end_date"].fillna(day))
        return rows.reset_index(drop=True)

    visible = last.index
    before, after = (
        s.history[s.history["person_id"].isin(visible)] for s in (site, wrong)
    )
    pd.testing.assert_frame_equal(seen(before), seen(after))


def test_the_same_site_goes_wrong_alike_and_none_at_nil(site):
    first, second = (misregister_outcomes(site, 0.1).history for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(misregister_outcomes(site, 0.0).history, site.history)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(site, share):
    with pytest.raises(ValueError, match="from 0 to 1"):
        misregister_outcomes(site, share)
