import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("RISKSCREEN_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data():
    """The folder of the public data sets, which are no part of the repository."""
    if not DATA.is_dir():
        pytest.skip(f"{DATA}: no such folder; name it with RISKSCREEN_DATA=folder")
    return DATA
