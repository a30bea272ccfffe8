"""Every code of the public lists, as the register has it: nobody is lost by a code."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.simulator_register import SHARES, describe, draw_codes, score_register
from riskscreen.history.reading import Asked, read_person_history
from riskscreen.readers import TableSource
from riskscreen.readers.dream import to_dream_wide
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.rules.states import get_group, name_state
from riskscreen.spec import SHIPPED_MODELS, read_specification
from riskscreen.timeline import to_days
from tests.rules.test_code_groups import LISTED
from tests.scored_cases import fitted_model

FIRST, WEEKS = date(2014, 12, 29), 73  # over the turn of a year of 53 weeks
EXTRACTED = FIRST + timedelta(weeks=WEEKS + 2)
SHIPPED = read_shipped_code_table()
SPEC = read_specification(SHIPPED_MODELS / "long_absence.toml")


def write_wide(spells, folder):
    persons = sorted(spells["person_id"].unique())
    last = FIRST + timedelta(weeks=WEEKS, days=-1)
    wide = to_dream_wide(spells, persons=persons, first=FIRST, last=last)
    wide.to_csv(folder / "history.csv", index=False)
    return wide


def write_long(spells, folder):
    wide = write_wide(spells, folder)
    long = wide.melt(id_vars="person_id", var_name="week", value_name="code")
    long = long[long["code"] != ""].assign(week=long["week"].str.removeprefix("y_"))
    long.to_csv(folder / "history.csv", index=False)


def write_years(spells, folder):
    """A row a person and year: week columns y_01 to y_53, and the year in front."""
    wide = write_wide(spells, folder).set_index("person_id")
    every = []
    for year in sorted({2000 + int(week[2:4]) for week in wide.columns}):
        part = wide.filter(like=f"y_{year % 100}")
        every.append(part.rename(columns=lambda week: f"y_{week[4:]}"))
        every[-1]["year"] = year
    table = pd.concat(every).fillna("").reset_index()
    table.to_csv(folder / "history.csv", index=False)


def write_spells(spells, folder):
    spells.to_csv(folder / "history.csv", index=False)


LAYOUTS = {
    "wide": write_wide,
    "years": write_years,
    "long": write_long,
    "spells": write_spells,
}


def read(spells, layout, folder):
    LAYOUTS[layout](spells, folder)
    persons = pd.Index(spells["person_id"].unique(), dtype="str")
    asked = Asked(SPEC, SHIPPED, persons, "history.csv", EXTRACTED)
    source = TableSource(folder / "history.csv")
    return read_person_history(source, asked, extract_date=EXTRACTED)


def weeks_in(codes):
    """A citizen for each of *codes*: some weeks on it, and the register's last two.

    One more citizen has a code in every week, so that none was left out.
    """
    n, day = len(codes), pd.Timestamp(FIRST)
    person = [f"p{i:03d}" for i in range(n)]
    own = pd.DataFrame({"person_id": person, "code": codes, "start_date": day})
    lengths = pd.to_timedelta(7 * (1 + np.arange(n) % (WEEKS - 4)), unit="D")
    last = day + timedelta(weeks=WEEKS)
    at_the_end = own.assign(
        code="651", start_date=last - timedelta(weeks=2), end_date=last
    )
    throughout = at_the_end[:1].assign(person_id="always", start_date=day)
    return own.assign(end_date=day + lengths), pd.concat([at_the_end, throughout])


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_week_on_a_listed_code_is_in_the_group_that_its_row_says(tmp_path, layout):
    group = {str(code): name for name, codes in LISTED.items() for code in codes}
    spells, last = weeks_in(list(group))
    found = read(pd.concat([spells, last], ignore_index=True), layout, tmp_path)
    assert found.set_aside.empty
    assert found.unknown.empty
    index = found.index
    weeks = (index.end - index.start) // 7
    attribute = {"899": "partly_recovered"}
    for row in spells.itertuples():
        at = index.offsets[index.persons.get_loc(row.person_id)]
        expected = name_state(group[row.code], attribute.get(row.code, ""))
        assert index.groups[index.group[at]] == expected, row.code
        assert weeks[at] == (row.end_date - row.start_date).days // 7, row.code


def test_nobody_is_lost_by_a_code_on_a_register_with_the_simulators_frequencies(
    tmp_path,
):
    assert sum(SHARES.values()) == pytest.approx(1 - 0.6125, abs=0.002)
    codes = draw_codes(np.random.default_rng(11), 925)
    earlier = pd.DataFrame(
        {
            "person_id": np.repeat([f"p{i:03d}" for i in range(925)], 2),
            "code": codes.ravel(),
            "start_date": np.tile(pd.to_datetime(["2014-01-06", "2015-02-02"]), 925),
        }
    )
    spells = earlier.assign(end_date=earlier["start_date"] + timedelta(weeks=20))
    found = read(spells, "spells", tmp_path)
    assert found.set_aside.empty
    assert found.unknown.empty
    assert found.found.sum() == 925
    counted = pd.Series([get_group(found.index.groups[g]) for g in found.index.group])
    by_code = SHIPPED.rows.set_index("code")["group"]
    expected = spells["code"].map(by_code).value_counts()
    assert counted.value_counts().to_dict() == expected.to_dict()
    assert to_days(spells["end_date"]).max() == found.index.end.max()


@pytest.mark.slow
def test_whoever_is_not_routed_by_intake_is_scored_on_such_a_register():
    model = replace(fitted_model("long_absence"), code_table_csv=SHIPPED.to_csv_text())
    scoring, history = score_register(model, 120)
    assert len(scoring.scores) + len(scoring.routed) == 120
    assert scoring.set_aside.empty
    assert not scoring.scores["unknown_codes"].any()
    by_code = {"out_of_target", "already_over", "dead", "emigrated"}
    assert not by_code & set(scoring.routed["route"])
    assert "set aside: 0" in describe(scoring, history)
