"""What a worker answers: each case with its own reasons."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from riskscreen.scoring.score_cases import score
from riskscreen.scoring.scorer import Scorer
from riskscreen.spark.answer_rows import to_rows
from riskscreen.spark.parts import Task
from tests import landmarks

NOW = datetime(2025, 1, 6, 8, tzinfo=UTC)


@pytest.mark.slow
def test_each_case_has_its_own_reasons_whatever_landmark_it_stands_at():
    model = landmarks.model()
    # Before and after the others in the delivery, and with another number of reasons.
    cases = landmarks.cases(eight={"helpers": "1"}, new={"helpers": "9"})
    scoring = score(
        model, cases, landmarks.history(), as_of=landmarks.AS_OF, clock=lambda: NOW
    )
    task = Task(Scorer(model, landmarks.AS_OF, NOW), {}, NOW.isoformat())
    found = to_rows(task, scoring).to_pandas().set_index("case_id")["reasons"]
    expected = scoring.reasons.astype({"reason": "str"})
    counts = set()
    for case, own in expected.groupby("case_id"):
        told = pd.DataFrame(found[case].tolist())
        assert told["reason"].tolist() == own["reason"].tolist()
        assert told["log_odds"].tolist() == own["log_odds"].tolist()
        counts.add(len(told))
    assert len(counts) == 2
