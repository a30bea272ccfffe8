"""What was said of a case before, as its page asks for it."""

import pytest

from riskscreen.store.earlier import find_earlier_scores
from tests.store.kept import DAY, keep


@pytest.mark.slow
def test_an_earlier_score_tells_its_model_and_its_figure_only_if_that_was_shown(
    store, model, scoring
):
    first, second = scoring.scores["case_id"].iloc[:2]
    abstained = scoring.scores["case_id"].eq(first)
    keep(store, model, scoring.with_scores(scoring.scores.assign(abstained=abstained)))
    again = scoring.scores.assign(
        input_fingerprint="f" * 64, risk=scoring.scores["risk"] / 2
    )
    keep(store, model, scoring.with_scores(again))
    risks = dict(zip(again["case_id"], again["risk"], strict=True))
    with store.read() as connection:
        found = find_earlier_scores(connection, model.spec.name, risks)
    assert found.keys() == risks.keys()
    assert {of.model_version for of in found.values()} == {model.version}
    assert found[first].risk is None
    assert found[second].risk == scoring.scores["risk"].iloc[1]
    assert found[second].day == DAY
