"""A delivery as it was on a day: what came after it is not there."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import SpecError
from riskscreen.history.reading import Asked, read_person_history
from riskscreen.readers.site import read_site
from riskscreen.replay.as_known import KnownTables, read_known_tables
from riskscreen.rules.code_groups import read_site_code_table
from tests import small_site

SPEC = small_site.specification()
NIGHT = date(2024, 5, 1)


def days(*texts):
    return pd.to_datetime(pd.Series(texts))


def known(**history):
    cases = pd.DataFrame(
        {
            "case_id": ["before", "on", "after"],
            "decision_date": days("2024-04-30", "2024-05-01", "2024-05-02"),
            "open_as_of": days("2024-04-30", "2024-05-03", "2024-05-03"),
        }
    )
    return KnownTables(cases, pd.DataFrame(history))


def test_a_row_that_begins_or_was_registered_on_the_day_is_not_there_yet():
    tables = known(
        code=["old", "new", "late", "unstamped"],
        start_date=days("2024-04-01", "2024-05-01", "2024-04-01", "2024-04-30"),
        end_date=days("2024-04-08", None, "2024-04-08", "2024-05-02"),
        registered_on=days("2024-04-30", "2024-04-30", "2024-05-01", None),
    )
    cut = tables.cut(SPEC, NIGHT)
    assert cut.history["code"].tolist() == ["old", "unstamped"]
    assert cut.history["end_date"].tolist() == [pd.Timestamp("2024-04-08"), pd.NaT]
    assert cut.cases["case_id"].tolist() == ["before"]


def test_a_night_has_the_cases_of_its_day_and_no_day_after_it():
    tables = known(start_date=days("2024-04-01"), end_date=days(None))
    night = tables.take_night(SPEC, NIGHT)
    assert night.cases["case_id"].tolist() == ["on"]
    assert night.cases["open_as_of"].isna().all()
    assert tables.take_night(SPEC, date(2024, 5, 2)).cases["open_as_of"].isna().all()
    later = tables.take_night(SPEC, date(2024, 4, 30))
    assert later.cases["open_as_of"].tolist() == [pd.Timestamp("2024-04-30")]


def test_a_training_knows_no_fact_of_a_case_that_came_on_its_day_or_later():
    tables = known(start_date=days("2024-04-01"), end_date=days(None))
    facts = days("2024-05-01", "2024-05-01", "2024-05-01")
    tables = replace(tables, cases=tables.cases.assign(open_as_of=facts))
    assert tables.cut(SPEC, NIGHT).cases["open_as_of"].isna().all()
    day_after = tables.cut(SPEC, date(2024, 5, 2)).cases
    assert day_after["open_as_of"].tolist() == [pd.Timestamp("2024-05-01")] * 2


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "small_target").mkdir(parents=True)
    cases = small_site.cases(40)
    past = small_site.reaching(small_site.history(cases), small_site.EXTRACTED)
    cases.loc[0, "decision_date"] = "no day"
    cases.to_csv(folder / "small_target/cases.csv", index=False)
    past.to_csv(folder / "history.csv", index=False)
    (folder / "code_groups_whole.csv").write_text(small_site.code_table().to_csv_text())
    (folder / "site.toml").write_text(
        "extract_date = 2024-12-30\n[files.history]\nends = 'inclusive'\n"
        "[places.small_target]\nshared_by = 'site'\nper_week = 2\n"
    )
    return folder


def test_what_is_read_is_written_again_as_the_site_of_a_day(site, tmp_path):
    stated = read_site(site)
    tables = read_known_tables(SPEC, stated)
    assert len(tables.cases) == 39
    assert set(tables.digests) == {"cases", "history"}
    delivered = pd.read_csv(site / "history.csv", parse_dates=["end_date"])
    lasts = delivered["end_date"].dropna() + pd.Timedelta(days=1)
    assert tables.history["end_date"].max() == lasts[lasts <= "2024-12-30"].max()
    folder = tmp_path / "then"
    folder.mkdir()
    then = tables.cut(SPEC, date(2024, 6, 1)).write(
        stated, SPEC, folder, date(2024, 6, 1)
    )
    assert then.extract_date == date(2024, 6, 1)
    assert then.find_places("small_target") == stated.find_places("small_target")
    again = read_known_tables(SPEC, then)
    known_then = tables.cut(SPEC, date(2024, 6, 1))
    pd.testing.assert_frame_equal(again.cases, known_then.cases)
    pd.testing.assert_frame_equal(again.history, known_then.history)
    codes = "code_groups_whole.csv"
    assert (folder / codes).read_bytes() == (site / codes).read_bytes()


def find_broken(stated, spec, persons):
    asked = Asked(
        spec,
        read_site_code_table(stated.folder),
        pd.Index(persons, dtype="str"),
        file="history",
        until=stated.extract_date,
    )
    read = read_person_history(
        stated.history(), asked, extract_date=stated.extract_date
    )
    return dict(zip(persons, read.broken.tolist(), strict=True))


@pytest.mark.slow
def test_a_history_that_cannot_be_used_is_set_aside_as_in_the_delivery(site, tmp_path):
    """A row that decides (400), and its days, or its code or its person, are broken."""
    past = SPEC.history.model_copy(update={"decisive": ("pension",)})
    spec = SPEC.model_copy(update={"history": past})
    persons = [f"p{n:05}" for n in range(5)]
    with (site / "history.csv").open("a") as stream:
        stream.write("p00000,400,no day,\np00001,400,2024-05-01,no day\n")
        stream.write("p00002,,2024-01-01,\np00003,200,no day,\n,400,2024-01-01,\n")
    stated = read_site(site)
    expected = dict(zip(persons, [True, True, False, False, False], strict=True))
    assert find_broken(stated, spec, persons) == expected
    tables = read_known_tables(spec, stated)
    for day, known_then in ((date(2024, 5, 1), False), (date(2024, 5, 2), True)):
        folder = tmp_path / str(day)
        folder.mkdir()
        then = tables.cut(spec, day).write(stated, spec, folder, day)
        broken = {**expected, "p00001": known_then}
        assert find_broken(then, spec, persons) == broken


def test_whoever_has_two_rows_of_weeks_takes_no_part(site):
    persons = [f"p{n:05}" for n in range(33)]
    weeks = pd.DataFrame({"person_id": [*persons, "p00004"]})
    weeks = weeks.assign(**{f"y_24{week:02}": "300" for week in range(1, 53)})
    weeks.to_csv(site / "history.csv", index=False)
    (site / "site.toml").write_text("extract_date = 2024-12-30\n")
    tables = read_known_tables(SPEC, read_site(site))
    assert "p00004" not in set(tables.cases["person_id"])
    assert "p00005" in set(tables.cases["person_id"])


def test_who_objects_to_anything_takes_no_part(site):
    person = small_site.cases(40)["person_id"].iloc[5]
    (site / "objections.csv").write_text(
        f"person_id,from,what\n{person},2024-12-01,scoring\n"
    )
    tables = read_known_tables(SPEC, read_site(site))
    assert person not in set(tables.cases["person_id"])


def test_a_target_with_ready_outcomes_is_refused(site):
    outcome = SPEC.outcome.model_copy(update={"rule": "ready"})
    ready = SPEC.model_copy(update={"outcome": outcome})
    with pytest.raises(SpecError, match="ready outcomes"):
        read_known_tables(ready, read_site(site))
