import numpy as np
import pandas as pd
import pytest

from riskscreen_synthetic import synthesise_site, write_site


@pytest.fixture(scope="module")
def site():
    return synthesise_site(cases=300, years=6, seed=4, employment=True)


def test_all_else_of_a_site_is_as_without_the_months_of_work(site, tmp_path):
    plain = synthesise_site(cases=300, years=6, seed=4)
    assert plain.employment is None
    pd.testing.assert_frame_equal(site.history, plain.history)
    for name, target in plain.targets.items():
        pd.testing.assert_frame_equal(site.targets[name].cases, target.cases)
        pd.testing.assert_frame_equal(site.targets[name].truth, target.truth)
    write_site(site, tmp_path / "site")
    written = pd.read_parquet(tmp_path / "site" / "employment.parquet")
    assert written["person_id"].tolist() == site.employment["person_id"].tolist()


def test_whoever_has_a_job_at_t0_has_had_it_for_the_stated_seniority(site):
    cases = site.targets["long_absence"].cases
    once = cases[~cases["person_id"].duplicated(keep=False)]
    at_work = once[once["employed_at_intake"].astype(bool)].dropna(
        subset=["seniority_years"]
    )
    months = site.employment.set_index("person_id")
    same = []
    for case in at_work.itertuples():
        first = max(1, int(case.seniority_years * 12) - 1)
        span = pd.period_range(
            end=case.decision_date.to_period("M") - 1, periods=min(first, 24), freq="M"
        )
        names = [m.strftime("branche_%Y_%m") for m in span]
        cells = [months.at[case.person_id, name] for name in names]
        same.append(len({cell for cell in cells if cell}) <= 1)
    assert len(same) > 50
    assert np.mean(same) == 1.0


def test_nobody_works_in_a_month_on_a_benefit_of_those_without_work(site):
    codes = site.parameters["codes"]["main"]
    past = site.history[site.history["code"] == codes["resource"]]
    long = past[past["end_date"] - past["start_date"] > pd.Timedelta(weeks=30)]
    months = site.employment.set_index("person_id")
    asked = 0
    for spell in long.itertuples():
        middle = spell.start_date + (spell.end_date - spell.start_date) / 2
        name = middle.strftime("grad_%Y_%m")
        if name in months:
            asked += 1
            assert np.isnan(months.at[spell.person_id, name])
    assert asked > 0
