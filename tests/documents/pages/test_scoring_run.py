import re

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from riskscreen.documents.pages.scoring_run import read_scoring_run
from riskscreen.documents.pages.write import write_reports
from riskscreen.documents.texts import DANISH
from riskscreen.efforts import Efforts
from riskscreen.errors import FileError
from tests.scored_cases import fitted_model, write_run

pytestmark = pytest.mark.slow

WHOLE_NUMBERS = ("rank", "models_agree", "weeks_on_unverified_codes")


@pytest.fixture
def with_gaps(tmp_path):
    """A run whose whole numbers have gaps, in the kinds that intake writes."""
    scores = write_run(tmp_path / "run", fitted_model(), n=40)
    scores["abstained"] = scores["rank"].eq(1)
    scores["abstained_rule"] = scores["abstained"].map({True: "thin", False: None})
    for name in WHOLE_NUMBERS:
        scores[name] = scores["rank"].mask(scores["abstained"])
    table = pa.Table.from_pandas(scores, preserve_index=False)
    path = tmp_path / "run" / "scores.parquet"
    pq.write_table(table.replace_schema_metadata(None), path)
    return tmp_path / "run"


def test_whole_numbers_stay_whole_where_some_are_missing(with_gaps):
    scores = read_scoring_run(with_gaps, fitted_model()).scores
    for name in WHOLE_NUMBERS:
        assert scores[name].isna().any()
        assert scores[name].dtype == "Int64"


@pytest.mark.parametrize(
    "name", ["scores.parquet", "reasons.parquet", "routed.csv", "set_aside.csv"]
)
def test_a_table_of_something_else_is_refused_without_what_it_holds(with_gaps, name):
    other = pa.table({"Jens Hansen": ["070761-4285"]})
    write = pq.write_table if name.endswith(".parquet") else pacsv.write_csv
    write(other, with_gaps / name)
    with pytest.raises(FileError, match=f"{name}: lacks columns") as told:
        read_scoring_run(with_gaps, fitted_model())
    assert "Jens" not in str(told.value)


def test_a_page_says_a_whole_rank_beside_withheld_scores(with_gaps, tmp_path):
    out = tmp_path / "out"
    write_reports(with_gaps, fitted_model(), language="da", out=out)
    said = "".join(p.read_text("utf-8") for p in out.rglob("*.html"))
    second = DANISH["case"]["rank_of"].partition("{n}")[0].format(rank=2)
    assert re.search(rf"{re.escape(second)}\d+", said)
    assert not re.search(r"[Nn]r\. \d+\.", said)


def test_a_citizen_who_is_helped_in_a_later_case_keeps_the_proposal_of_another(
    tmp_path,
):
    scores = write_run(tmp_path / "run", fitted_model(), n=40)
    first, second, last, alone = ids = [*scores["case_id"].iloc[:4]]
    days = {case: pd.Timestamp(2025, 1, 6 + n) for n, case in enumerate(ids)}
    own = scores["case_id"].isin(ids)
    scores.assign(
        proposed=own,
        band=own.map({True: "first", False: "usual"}),
        decision_date=scores["case_id"].map(days).fillna(scores["decision_date"]),
        later_proposal=scores["case_id"].map({first: last, second: last}),
        landmark_week=scores["case_id"].map({last: 8.0, alone: 8.0}),
    ).to_parquet(tmp_path / "run" / "scores.parquet")
    helped = Efforts("efforts.csv", pd.DataFrame({"case_id": [last]}), None, None)
    read = read_scoring_run(tmp_path / "run", fitted_model(), helped)
    now = read.scores.set_index("case_id").loc[ids]
    assert now["proposed"].to_dict() == {
        first: True,
        second: True,
        last: False,
        alone: True,
    }
    assert now["later_proposal"].dropna().to_dict() == {first: second}
