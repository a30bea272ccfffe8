import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.validation import validate_table
from riskscreen.validation.schemas import SET_ASIDE, build_scores_schema
from tests.small_site import specification


def test_a_broken_contract_is_told_by_column_rule_and_count_never_by_value():
    secret = "010190-1234"
    table = pd.DataFrame(
        {
            "file": pd.Series(["f", "f"], dtype="str"),
            "line": [0, 3],
            "case_id": pd.Series([secret, secret], dtype="str"),
            "rule": pd.Series([None, "r"], dtype="str"),
        }
    )
    with pytest.raises(TableError) as found:
        validate_table(table, SET_ASIDE, name="set_aside")
    said = str(found.value)
    assert secret not in said
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__ or found.value.__context__ is None
    assert "line: greater_than_or_equal_to (1 rows)" in said
    assert "rule: not_nullable (1 rows)" in said


def test_a_column_too_many_or_too_few_is_named():
    with pytest.raises(TableError, match="line"):
        validate_table(pd.DataFrame({"file": []}), SET_ASIDE, name="set_aside")


def test_scores_hold_one_row_per_case_target_and_model():
    scores = build_scores_schema(specification())
    assert scores.unique == ("case_id", "target", "model_version")
