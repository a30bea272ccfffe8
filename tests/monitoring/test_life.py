from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.monitoring.life import find_life
from riskscreen.training.data.dataset import Dataset
from tests import small_site

SPEC = small_site.specification()


def make_model(newest="2023-06"):
    return SimpleNamespace(spec=SPEC, notes={"decided": ["2019-01", newest]})


def make_dataset(extract=date(2023, 9, 29)):
    days = pd.date_range("2019-01-01", "2023-09-29", freq="D").to_series(index=None)
    cases = pd.DataFrame({"decision_date": days.to_numpy()})
    return Dataset(SPEC, cases, pd.DataFrame(), pd.DataFrame(), extract_date=extract)


def test_the_life_begins_after_the_newest_training_month_and_ends_with_a_whole_one():
    life = find_life(make_model(), make_dataset())
    assert life.months == ("2023-07", "2023-08")
    assert [len(life.list_cases(month)) for month in (0, 1)] == [31, 31]
    assert len(life.cases) == 62


def test_a_month_is_over_at_an_extract_of_its_last_day():
    cases = make_dataset(date(2023, 9, 30))
    assert find_life(make_model(), cases).months[-1] == "2023-09"


def test_new_cases_are_held_against_the_newest_three_years_of_the_training():
    dataset = make_dataset()
    reference = dataset.cases["decision_date"].iloc[
        find_life(make_model(), dataset).reference
    ]
    assert reference.max() == pd.Timestamp("2023-06-30")
    assert reference.min() == pd.Timestamp("2020-07-04")


def test_a_recalibrated_model_begins_its_life_anew():
    model = make_model()
    model.notes["recalibrated"] = {"decided": ["2023-07", "2023-07"]}
    assert find_life(model, make_dataset()).months == ("2023-08",)


def test_quarters_are_named_by_the_day_of_the_decision():
    life = find_life(make_model("2023-02"), make_dataset())
    named = life.name_quarters(life.cases)
    assert np.unique(named).tolist() == ["2023-Q1", "2023-Q2", "2023-Q3"]
    assert (named == "2023-Q1").sum() == 31


def test_without_a_month_since_or_without_dates_the_remedy_is_told():
    with pytest.raises(TableError, match="2023-06"):
        find_life(make_model(), make_dataset(date(2023, 7, 20)))
    undated = replace(make_dataset(), cases=pd.DataFrame({"period": [1, 2]}))
    with pytest.raises(TableError, match="no dates"):
        find_life(make_model(), undated)


def test_a_delivery_without_the_cases_of_the_training_is_refused():
    dataset = make_dataset()
    newest = dataset.cases[dataset.cases["decision_date"] > "2023-05-01"]
    with pytest.raises(TableError, match="fewer than 100 cases"):
        find_life(make_model(), replace(dataset, cases=newest.reset_index(drop=True)))
