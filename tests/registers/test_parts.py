import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskscreen.codes import grouped, shipped_code_table
from riskscreen.errors import FileError
from riskscreen.ledger import ALWAYS_KNOWN, ledger
from riskscreen.registers import history_parts
from riskscreen.timeline import OPEN_END
from tests import ten_citizens as ten


def random_history(*, persons, seed):
    """Spells in disorder within each person, with open ends, blanks and unknowns."""
    generator = np.random.default_rng(seed)
    n = persons * 6
    who = np.sort(generator.integers(0, persons, n))
    start = pd.Timestamp("2012-01-02") + pd.to_timedelta(
        generator.integers(0, 500, n) * 7, unit="D"
    )
    end = start + pd.to_timedelta(generator.integers(1, 60, n) * 7, unit="D")
    codes = [*shipped_code_table().rows["code"], "555", " 0890"]
    stamp = start + pd.Timedelta(weeks=2)
    return pd.DataFrame(
        {
            "person_id": [f"p{w:05d}" for w in who],
            "code": generator.choice(codes, n),
            "start_date": start,
            "end_date": end.where(generator.random(n) > 0.1),
            "registered_on": stamp.where(generator.random(n) > 0.1),
        }
    )


def joined(parts):
    """All parts as one: (person, group, start, end, registered, verified) rows."""
    rows = []
    for part in parts:
        owner = np.repeat(part.person_ids.to_pylist(), np.diff(part.offsets))
        days = (part.group, part.start, part.end, part.registered, part.verified)
        rows += list(zip(owner, *(d.tolist() for d in days), strict=True))
    return rows


@pytest.mark.parametrize("rows", [1, 7, 100, 10_000])
def test_parts_agree_with_the_whole_whatever_their_size(tmp_path, rows):
    history = random_history(persons=40, seed=rows)
    path = tmp_path / "history.parquet"
    history.to_parquet(path, row_group_size=13)
    table = shipped_code_table()
    parts = list(history_parts(path, table=table, rows=rows))
    found = grouped(history, table)
    persons = pd.Index(history["person_id"].unique())
    plain = ledger(found.spells, persons, groups=table.groups)
    owner = np.repeat(persons, np.diff(plain.offsets))
    days = (plain.group, plain.start, plain.end, plain.registered, plain.verified)
    expected = list(zip(owner, *(d.tolist() for d in days), strict=True))
    # Rows of one person, start and group have no order of their own.
    assert sorted(joined(parts)) == sorted(expected)
    assert [r[:3] for r in joined(parts)] == [r[:3] for r in expected]
    assert [p for part in parts for p in part.person_ids.to_pylist()] == list(persons)
    assert sum(part.rows_read for part in parts) == len(history)
    unknown = {}
    for part in parts:
        for code, n in part.unknown.items():
            unknown[code] = unknown.get(code, 0) + n
    assert unknown == dict(
        zip(found.unknown["code"], found.unknown["n_rows"], strict=True)
    )
    strangers = {
        part.person_ids[int(place)].as_py()
        for part in parts
        for place in part.unknown_persons
    }
    assert strangers == found.unknown_persons


def test_a_person_is_never_split_and_parts_stay_small(tmp_path):
    history = random_history(persons=60, seed=1)
    path = tmp_path / "history.parquet"
    history.to_parquet(path)
    parts = list(history_parts(path, table=shipped_code_table(), rows=20))
    most = history.groupby("person_id").size().max()
    persons = [p for part in parts for p in part.person_ids.to_pylist()]
    assert len(persons) == len(set(persons))
    assert max(part.rows_read for part in parts) <= 20 + most


def test_open_ends_and_blank_stamps_have_their_own_day_numbers(tmp_path):
    path = tmp_path / "history.parquet"
    history = ten.history().sort_values("person_id")
    history.loc[history["end_date"].isna(), "registered_on"] = pd.NaT
    history.to_parquet(path)
    parts = list(history_parts(path, table=shipped_code_table()))
    ends = [(end, stamp) for _, _, _, end, stamp, _ in joined(parts)]
    assert [stamp for end, stamp in ends if end == OPEN_END] == [ALWAYS_KNOWN] * 2
    assert [part.unknown for part in parts] == [{"555": 1}, {}]


def test_dates_dictionaries_and_numbers_are_the_same_history(tmp_path):
    history = random_history(persons=10, seed=2)
    history = history[history["code"].str.fullmatch(r"\d+")]
    texts, other = tmp_path / "texts.parquet", tmp_path / "other.parquet"
    history.to_parquet(texts)
    schema = pa.schema(
        {
            "person_id": pa.dictionary(pa.int32(), pa.string()),
            "code": pa.int64(),
            "start_date": pa.date32(),
            "end_date": pa.date32(),
            "registered_on": pa.timestamp("ns"),
        }
    )
    numbers = history.assign(code=history["code"].astype(int))
    arrow = pa.Table.from_pandas(numbers, preserve_index=False)
    pq.write_table(arrow.cast(schema), other)
    table = shipped_code_table()
    assert joined(history_parts(other, table=table, rows=9)) == joined(
        history_parts(texts, table=table, rows=9)
    )


def test_a_history_without_stamps_has_none(tmp_path):
    path = tmp_path / "history.parquet"
    ten.history().sort_values("person_id").drop(columns="registered_on").to_parquet(
        path
    )
    for part in history_parts(path, table=shipped_code_table()):
        assert part.registered is None


def test_an_unsorted_file_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "history.parquet"
    ten.history().to_parquet(path)
    for rows in (1, 1000):
        with pytest.raises(FileError, match="ORDER BY person_id"):
            list(history_parts(path, table=shipped_code_table(), rows=rows))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="code"), "no column code"),
        (lambda t: t.assign(start_date="2014-01-01"), "must be dates"),
        (lambda t: t.assign(end_date=t["start_date"]), "end_date is not after"),
        (
            lambda t: t.assign(start_date=pd.NaT),
            "in 22 rows person_id or start_date is missing",
        ),
    ],
)
def test_a_file_that_is_no_history_is_refused(tmp_path, change, says):
    path = tmp_path / "history.parquet"
    change(ten.history().sort_values("person_id")).to_parquet(path)
    with pytest.raises(FileError, match=says):
        list(history_parts(path, table=shipped_code_table()))


def test_an_empty_history_has_no_parts(tmp_path):
    path = tmp_path / "history.parquet"
    ten.history().iloc[:0].to_parquet(path)
    assert list(history_parts(path, table=shipped_code_table())) == []
