"""Small tables of follow-up, as they are once they are checked."""

from datetime import date

import pandas as pd

from riskscreen.validation.follow_up import check_follow_up
from riskscreen.validation.schemas import AfterT0Table

TODAY = date(2019, 12, 31)


def checked(name: AfterT0Table, rows, *, today=TODAY) -> pd.DataFrame:
    """Return *rows* (dicts) that keep the contract of *name*; all of them do."""
    table = pd.DataFrame(rows).astype("str").replace({"None": "", "nan": ""})
    found = check_follow_up(name, table, file=name, extract_date=today)
    assert found.set_aside.empty, found.set_aside["rule"].tolist()
    return found.kept
