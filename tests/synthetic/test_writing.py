"""A written site holds all that was made, and reads back in every form."""

from datetime import date

import pandas as pd

from riskscreen.readers import TableSource, read_history
from riskscreen.readers.site import read_site
from riskscreen_synthetic import synthesise_site, write_site

TARGETS = ("long_absence", "long_unemployment", "long_benefit")
EXTRACT = date(2025, 1, 6)


def test_a_written_site_reads_back_in_every_form(tmp_path):
    small = synthesise_site(cases=300, shape="other", seed=10)
    write_site(small, tmp_path / "site")
    told = read_site(tmp_path / "site")
    assert told.extract_date == EXTRACT
    assert told.synthetic
    assert "Shape other, seed 10." in (tmp_path / "site" / "PROVENANCE").read_text()
    assert (tmp_path / "site" / "code_groups.csv").exists()
    for target in TARGETS:
        cases = pd.read_parquet(tmp_path / "site" / target / "cases.parquet")
        assert len(cases) == len(small.targets[target].cases)
        assert (tmp_path / "site" / "truth" / f"{target}.parquet").exists()
    spells_read = [
        read_history(
            TableSource(
                tmp_path / "site" / f"dream_{form}.csv", layout=f"dream_{form}"
            ),
            extract_date=EXTRACT,
        ).table
        for form in ("wide", "long")
    ]
    pd.testing.assert_frame_equal(*(_in_order(t) for t in spells_read))
    whole = read_history(tmp_path / "site" / "history.parquet").table
    some = whole[whole["person_id"].isin(spells_read[0]["person_id"])]
    begun = pd.to_datetime(some["start_date"])
    assert set(spells_read[0]["start_date"]) <= set(begun)


def _in_order(table):
    names = ["person_id", "code", "start_date", "end_date"]
    return table[names].sort_values(names).reset_index(drop=True)
