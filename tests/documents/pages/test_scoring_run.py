import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskscreen.documents.pages.scoring_run import read_scoring_run
from riskscreen.documents.pages.write import write_reports
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


def test_a_page_says_a_whole_rank_beside_withheld_scores(with_gaps, tmp_path):
    out = tmp_path / "out"
    write_reports(with_gaps, fitted_model(), language="da", out=out)
    said = "".join(p.read_text("utf-8") for p in out.rglob("*.html"))
    assert re.search(r"Nr\. 2 af \d+ på listen: uge", said)
    assert not re.search(r"Nr\. \d+\.", said)
