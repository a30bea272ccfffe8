"""One key in two spellings: the same scores, a refusal or the flag, never silence."""

import pytest

from tests.field import spellings
from tests.field.doors import score_frames
from tests.field.spellings import FILES, SPELLINGS

pytestmark = pytest.mark.slow

FIRST = {s.kind: s for s in reversed(SPELLINGS)}
LOSES_SOMETHING = ("float64", "int64 with one NULL", "rounded by a spreadsheet")
TURNS = [
    (FIRST[s.kind], s) if turn % 2 else (s, FIRST[s.kind])
    for turn, s in enumerate(SPELLINGS)
]
QUICK = [pair for pair in TURNS if pair[0].kind != "13 digits"] + [
    (s, s) for s in SPELLINGS if s.name in LOSES_SOMETHING and s.kind != "13 digits"
]
"""Each spelling beside its kind's first one, in the cases or in the history by turns;
benchmarks/key_spellings.py tries every pair at every door."""
TYPED = [
    s for s in SPELLINGS if s.kind == "beyond 2^53" and s.type != FIRST[s.kind].type
]


@pytest.mark.parametrize(("a", "b"), QUICK, ids=str)
def test_frames_whose_keys_are_spelt_otherwise(loaded, need_right, a, b):
    cases, history = map(spellings.to_frame, spellings.tables(a, b))
    need_right(score_frames(loaded, cases, history))


@pytest.mark.parametrize("door", FILES)
@pytest.mark.parametrize("spelling", TYPED, ids=str)
def test_numbers_of_programs_beyond_what_a_float_holds(
    intake, need_right, door, spelling
):
    cases, history = spellings.tables(FIRST[spelling.kind], spelling)
    write = FILES[door]
    need_right(
        intake.score(
            write(cases, intake.folder / "cases"),
            write(history, intake.folder / "history"),
        )
    )


@pytest.mark.parametrize("door", ["Parquet", "SQL"])
def test_whole_numbers_stay_whole_beside_a_missing_one(intake, clean, door):
    spelling = next(s for s in SPELLINGS if s.one_null and s.kind == "beyond 2^53")
    cases, history = spellings.tables(spelling, spelling)
    write = FILES[door]
    run = intake.score(
        write(cases, intake.folder / "cases"), write(history, intake.folder / "history")
    )
    assert run.code == 3  # the row of the history whose person is missing
    assert run.risks() == clean.risks()
