from dataclasses import replace
from datetime import date

import pytest

from riskscreen.model.label_age import judge_label_age, warn_of_label_age
from tests.scored_cases import fitted_model

NEWEST = "2023-06-30"
WARNED, LAST = date(2024, 9, 30), date(2024, 12, 30)


def age_on(day, **notes):
    model = fitted_model()
    model = replace(model, notes={**model.notes, "newest_label": NEWEST, **notes})
    return judge_label_age(model, on=day)


@pytest.mark.parametrize(
    ("day", "warned", "outdated"),
    [
        (date(2023, 7, 1), False, False),
        (date(2024, 9, 29), False, False),
        (WARNED, True, False),
        (LAST, True, False),
        (date(2024, 12, 31), False, True),
        (date(2026, 1, 1), False, True),
    ],
)
def test_a_label_is_warned_of_three_months_before_it_is_too_old(day, warned, outdated):
    age = age_on(day)
    assert (age.warned, age.outdated) == (warned, outdated)
    assert (age.warned_from, age.proposes_until) == (WARNED, LAST)
    assert len(warn_of_label_age(age)) == (warned or outdated)


def test_what_is_said_names_the_day_the_months_the_key_and_the_command():
    words = age_on(LAST).describe()
    assert "known on 2023-06-30, 18 months before 2024-12-30" in words
    assert "max_label_age_months" in words
    assert "riskscreen recalibrate long_absence" in words
    assert "known on 2023-06-30, 0 months" in age_on(date(2023, 1, 1)).describe()


def test_a_specification_sets_its_own_bound():
    model = fitted_model()
    delivery = model.spec.delivery.model_copy(update={"max_label_age_months": 2})
    spec = model.spec.model_copy(update={"delivery": delivery})
    short = replace(model, spec=spec, notes={"newest_label": NEWEST})
    age = judge_label_age(short, on=date(2023, 6, 30))
    assert age.warned
    assert age.proposes_until == date(2023, 8, 30)


def test_of_labels_without_a_day_nothing_is_said():
    assert age_on(LAST, newest_label=None) is None
    assert warn_of_label_age(None) == ()
