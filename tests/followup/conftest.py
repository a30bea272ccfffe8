import pytest

from tests.followup.two_teams import write_cases


@pytest.fixture
def folder(tmp_path):
    return write_cases(tmp_path)
