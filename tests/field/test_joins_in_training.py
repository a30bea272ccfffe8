"""The same joins where a training makes labels and judges groups of them."""

import shutil

import pandas as pd
import pytest

from riskscreen.errors import ScreeningError
from riskscreen.training import prepare

pytestmark = pytest.mark.slow


@pytest.fixture
def delivered(site, spec, tmp_path):
    """A copy of the site, and what prepare says after a table was changed."""
    folder = shutil.copytree(site, tmp_path / "site")

    def prepared_with(name, change):
        path = folder / f"{name}.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)
        return prepare(spec, folder)

    return prepared_with


def spelt(table, nth, column="person_id"):
    """*table* with every *nth* of its keys in small letters."""
    keys = table[column].drop_duplicates().iloc[::nth]
    lost = table[column].isin(keys)
    return table.assign(
        **{column: table[column].where(~lost, table[column].str.lower())}
    )


def share_long(of):
    return float(of.labelled["long"].mean())


def test_training_refuses_where_nobody_is_found_in_the_history(delivered):
    with pytest.raises(ScreeningError):
        delivered("history", lambda t: spelt(t, 1))


def test_training_refuses_where_a_fifth_of_the_people_are_not_found(delivered):
    with pytest.raises(ScreeningError, match="history"):
        delivered("history", lambda t: spelt(t, 5))


def test_training_tells_how_many_were_not_found(delivered, prepared):
    found = delivered("history", lambda t: spelt(t, 40))
    assert any("history" in note for note in set(found.notes) - set(prepared.notes))


def test_training_refuses_an_audit_table_of_other_cases(delivered):
    with pytest.raises(ScreeningError, match="audit"):
        delivered("long_absence/audit", lambda t: spelt(t, 1, "case_id"))


def test_training_refuses_an_audit_table_of_half_the_cases(delivered):
    with pytest.raises(ScreeningError, match="audit"):
        delivered("long_absence/audit", lambda t: t.head(len(t) // 2))


def test_training_tells_of_a_few_cases_that_the_audit_table_lacks(delivered, prepared):
    found = delivered("long_absence/audit", lambda t: t.iloc[len(t) // 20 :])
    assert any("audit" in note for note in set(found.notes) - set(prepared.notes))


def test_one_spell_under_two_case_numbers_counts_once_in_training(delivered, prepared):
    def doubled(table):
        again = table.assign(case_id="N" + table["case_id"])
        return pd.concat([table, again], ignore_index=True)

    found = delivered("long_absence/cases", doubled)
    assert len(found.labelled) == len(prepared.labelled)
    assert share_long(found) == share_long(prepared)
    set_aside = found.attrition.set_index("step")["left"]["set aside"]
    assert set_aside >= len(prepared.cases)


def test_a_placeholder_for_a_person_is_no_person_in_training(delivered):
    def unknown(table):
        lost = pd.Series(range(len(table))) % 3 == 0
        return table.assign(person_id=table["person_id"].mask(lost, "UKENDT"))

    found = delivered("long_absence/cases", unknown)
    assert "UKENDT" not in set(found.cases["person_id"])
    assert not any("UKENDT" in note for note in found.notes)
