from datetime import date

import pandas as pd

from riskscreen.documents.pages.help_given import describe_efforts, describe_newest
from riskscreen.documents.texts import TEXTS

AS_OF = date(2025, 1, 20)


def efforts(*rows):
    columns = ["kind", "start_date", "end_date", "place"]
    table = pd.DataFrame(rows, columns=columns).assign(case_id="c1")
    days = {n: pd.to_datetime(table[n]) for n in ("start_date", "end_date")}
    return table.assign(**days)


ROWS = efforts(
    ("Fønix", "2024-10-07", "2024-12-20", "Kanalen"),
    ("mentor", "2025-01-20", None, None),
    ("kursus", "2025-02-03", "2025-03-28", None),
)


def test_each_effort_says_which_where_and_when_in_danish():
    rows = describe_efforts(ROWS, TEXTS["da"], as_of=AS_OF)
    assert [(row.words, row.when) for row in rows] == [
        ("Fønix, Kanalen", "fra 7. oktober 2024 til 20. december 2024"),
        ("mentor", "fra 20. januar 2025"),
        ("kursus", "begynder 3. februar 2025"),
    ]
    assert describe_newest(rows) == "kursus begynder 3. februar 2025"


def test_the_same_in_english():
    rows = describe_efforts(ROWS, TEXTS["en"], as_of=AS_OF)
    assert [row.when.split()[0] for row in rows] == ["from", "from", "begins"]


def test_no_table_is_not_the_same_as_no_effort():
    assert describe_efforts(None, TEXTS["da"], as_of=AS_OF) is None
    assert describe_efforts(ROWS[:0], TEXTS["da"], as_of=AS_OF) == ()
    assert describe_newest(None) == describe_newest(()) == ""
