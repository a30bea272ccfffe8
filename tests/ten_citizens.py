"""Ten made-up citizens, one for each trap of a weekly benefit register.

The extract is written as runs of weeks (first week, last week, code); a week in no run
is blank. What must come out of it is written by hand, as dates. Every test that needs a
history small enough to follow with a finger uses these ten.
"""

from datetime import date

import pandas as pd

from riskscreen.rules.code_groups import (
    CodeTable,
    read_code_table,
    read_shipped_code_table,
)
from riskscreen.timeline import format_week_label, parse_week_label

FIRST_WEEK, LAST_WEEK = "1340", "1626"
EXTRACT_DATE = date(2016, 7, 4)  # the Monday after the last week


def mondays(first, last):
    """Every Monday from *first*, which is one, up to the week of *last*."""
    return [day.date() for day in pd.date_range(first, last, freq="W-MON")]


RUNS = {
    # 2015 has a week 53
    "week53": [("1550", "1602", "890")],
    # a blank of 3 weeks, with week 26 after the start inside it: bridged
    "blank3": [("1410", "1434", "890"), ("1438", "1445", "890")],
    # 555 is in no code table
    "unknown": [
        ("1410", "1415", "890"),
        ("1416", "1417", "555"),
        ("1418", "1420", "890"),
    ],
    # sygedagpenge overwrites one week of dagpenge; later a blank of 4 weeks, with week
    # 26 after the start inside it: not bridged
    "overwritten": [
        ("1401", "1409", "111"),
        ("1410", "1410", "890"),
        ("1411", "1415", "111"),
        ("1416", "1439", "890"),
        ("1444", "1450", "890"),
    ],
    # death is coded until the end of the extract
    "death": [("1405", "1412", "890"), ("1413", "1626", "999")],
    # abroad for a while, then back and self-supporting
    "emigration": [("1405", "1425", "890"), ("1426", "1440", "997")],
    "parental": [("1410", "1420", "890"), ("1421", "1452", "881")],
    # 139 changes group on 1 January 2014 (a Wednesday) by the site's own code table;
    # jobafklaring begins with the reform of 1 July 2014 (a Tuesday)
    "reform": [
        ("1345", "1405", "139"),
        ("1406", "1426", "890"),
        ("1427", "1510", "870"),
    ],
    # the first benefit reached the register only after the decision date
    "late": [("1345", "1352", "740"), ("1410", "1430", "890")],
    # still coded in the last week of the extract
    "open": [("1610", "1626", "890")],
}

SITE_CODES = """code,group,valid_from,valid_to,source,mark
139,kontanthjaelp,,2014-01-01,made up for this test,
139,uddannelseshjaelp,2014-01-01,,made up for this test,
890,sygedagpenge,,,made up for this test,confirmed
881,barsel,,,made up for this test,confirmed
997,udvandret,,,made up for this test,confirmed
999,doed,,,made up for this test,confirmed
"""

SPELLS = [
    # person       code   from          until (half-open)  registered
    ("week53", "890", "2015-12-07", "2016-01-18", "2015-12-14"),
    ("blank3", "890", "2014-03-03", "2014-08-25", "2014-03-10"),
    ("blank3", "890", "2014-09-15", "2014-11-10", "2014-09-22"),
    ("unknown", "890", "2014-03-03", "2014-04-14", "2014-03-10"),
    ("unknown", "555", "2014-04-14", "2014-04-28", "2014-04-21"),
    ("unknown", "890", "2014-04-28", "2014-05-19", "2014-05-05"),
    ("overwritten", "111", "2013-12-30", "2014-03-03", "2014-01-06"),
    ("overwritten", "890", "2014-03-03", "2014-03-10", "2014-03-10"),
    ("overwritten", "111", "2014-03-10", "2014-04-14", "2014-03-17"),
    ("overwritten", "890", "2014-04-14", "2014-09-29", "2014-04-21"),
    ("overwritten", "890", "2014-10-27", "2014-12-15", "2014-11-03"),
    ("death", "890", "2014-01-27", "2014-03-24", "2014-02-03"),
    ("death", "999", "2014-03-24", None, "2014-03-31"),
    ("emigration", "890", "2014-01-27", "2014-06-23", "2014-02-03"),
    ("emigration", "997", "2014-06-23", "2014-10-06", "2014-06-30"),
    ("parental", "890", "2014-03-03", "2014-05-19", "2014-03-10"),
    ("parental", "881", "2014-05-19", "2014-12-29", "2014-05-26"),
    ("reform", "139", "2013-11-04", "2014-02-03", "2013-11-11"),
    ("reform", "890", "2014-02-03", "2014-06-30", "2014-02-10"),
    ("reform", "870", "2014-06-30", "2015-03-09", "2014-07-07"),
    ("late", "740", "2013-11-04", "2013-12-30", "2014-05-01"),
    ("late", "890", "2014-03-03", "2014-07-28", "2014-03-10"),
    ("open", "890", "2016-03-07", None, "2016-03-14"),
]

GROUPED = [
    # person       group               from          until         verified
    ("week53", "sygedagpenge", "2015-12-07", "2016-01-18", True),
    ("blank3", "sygedagpenge", "2014-03-03", "2014-08-25", True),
    ("blank3", "sygedagpenge", "2014-09-15", "2014-11-10", True),
    ("unknown", "sygedagpenge", "2014-03-03", "2014-04-14", True),
    ("unknown", "anden_forsoergelse", "2014-04-14", "2014-04-28", False),
    ("unknown", "sygedagpenge", "2014-04-28", "2014-05-19", True),
    ("overwritten", "dagpenge", "2013-12-30", "2014-03-03", False),
    ("overwritten", "sygedagpenge", "2014-03-03", "2014-03-10", True),
    ("overwritten", "dagpenge", "2014-03-10", "2014-04-14", False),
    ("overwritten", "sygedagpenge", "2014-04-14", "2014-09-29", True),
    ("overwritten", "sygedagpenge", "2014-10-27", "2014-12-15", True),
    ("death", "sygedagpenge", "2014-01-27", "2014-03-24", True),
    ("death", "doed", "2014-03-24", None, True),
    ("emigration", "sygedagpenge", "2014-01-27", "2014-06-23", True),
    ("emigration", "udvandret", "2014-06-23", "2014-10-06", True),
    ("parental", "sygedagpenge", "2014-03-03", "2014-05-19", True),
    ("parental", "barsel", "2014-05-19", "2014-12-29", True),
    ("reform", "kontanthjaelp", "2013-11-04", "2013-12-30", False),
    ("reform", "uddannelseshjaelp", "2013-12-30", "2014-02-03", False),
    ("reform", "sygedagpenge", "2014-02-03", "2014-06-30", True),
    ("reform", "jobafklaring", "2014-06-30", "2015-03-09", False),
    ("late", "ledighedsydelse", "2013-11-04", "2013-12-30", False),
    ("late", "sygedagpenge", "2014-03-03", "2014-07-28", True),
    ("open", "sygedagpenge", "2016-03-07", None, True),
]

CASES = [
    # case    person         start         decision (T0)  state 26 weeks after the start
    ("c01", "week53", "2015-12-07", "2015-12-30"),  # 2016-06-06: self-support
    ("c02", "blank3", "2014-03-03", "2014-04-02"),  # 2014-09-01: in a bridged gap
    ("c03", "unknown", "2014-03-03", "2014-04-02"),  # 2014-09-01: self-support
    ("c04", "overwritten", "2014-04-14", "2014-05-14"),  # 2014-10-13: in a 4-week gap
    ("c05", "death", "2014-01-27", "2014-02-26"),  # 2014-07-28: dead
    ("c06", "emigration", "2014-01-27", "2014-02-26"),  # 2014-07-28: emigrated
    ("c07", "parental", "2014-03-03", "2014-04-02"),  # 2014-09-01: barsel
    ("c08", "reform", "2014-02-03", "2014-03-05"),  # 2014-08-04: jobafklaring
    ("c09", "late", "2014-03-03", "2014-04-02"),  # 2014-09-01: self-support
    ("c10", "open", "2016-03-07", "2016-04-06"),  # 2016-09-05: not yet known
]


def labels() -> list[str]:
    """The extract's week columns, in order."""
    weeks = mondays(parse_week_label(FIRST_WEEK), parse_week_label(LAST_WEEK))
    return [f"y_{format_week_label(week)}" for week in weeks]


def dream_wide() -> pd.DataFrame:
    """The extract in DREAM's wide form: one row a person, blank = no benefit."""
    wide = pd.DataFrame("", index=list(RUNS), columns=labels(), dtype="str")
    for person, runs in RUNS.items():
        for first, last, code in runs:
            wide.loc[person, f"y_{first}" : f"y_{last}"] = code
    return wide.rename_axis("person_id").reset_index()


def dream_long() -> pd.DataFrame:
    """The extract in DREAM's long form: one row a person and coded week."""
    rows = [
        (person, label, code)
        for person, runs in RUNS.items()
        for first, last, code in runs
        for label in labels()[labels().index(f"y_{first}") :]
        if parse_week_label(label) <= parse_week_label(last)
    ]
    return pd.DataFrame(rows, columns=["person_id", "week", "code"])


def history() -> pd.DataFrame:
    """The hand-written spells, as a benefit ledger with its day of registration."""
    columns = ["person_id", "code", "start_date", "end_date", "registered_on"]
    table = pd.DataFrame(SPELLS, columns=columns)
    dates = ["start_date", "end_date", "registered_on"]
    return table.assign(**{c: pd.to_datetime(table[c]) for c in dates})


def grouped_spells() -> pd.DataFrame:
    """The hand-written pieces by code group; the week of a reform is never cut."""
    columns = ["person_id", "group", "start_date", "end_date", "verified"]
    table = pd.DataFrame(GROUPED, columns=columns)
    dates = ["start_date", "end_date"]
    return table.assign(**{c: pd.to_datetime(table[c]) for c in dates})


def cases() -> pd.DataFrame:
    """One case for each citizen, clocked from the first week of sygedagpenge."""
    table = pd.DataFrame(
        CASES, columns=["case_id", "person_id", "start_date", "decision_date"]
    )
    dates = ["start_date", "decision_date"]
    parsed = table.assign(**{c: pd.to_datetime(table[c]) for c in dates})
    return parsed.assign(municipality="m1", team="t1")


def code_table(folder) -> CodeTable:
    """The shipped code table with the site's own rows for 139 laid over it."""
    path = folder / "code_groups.csv"
    path.write_text(SITE_CODES, "utf-8")
    return read_code_table(path, onto=read_shipped_code_table())
