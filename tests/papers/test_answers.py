"""Answers: read, refused with the remedy, and held to what stood beside them."""

from datetime import date

import pytest

from riskscreen.errors import FileError, PersonalDataError
from riskscreen.papers.answers import Outdated, find_outdated, read_replies
from tests.papers.papers_made import DAY, write_answer

NAMES = ["purpose", "risks"]


def test_without_a_file_nothing_is_answered(tmp_path):
    assert read_replies(tmp_path, NAMES) == {}
    assert find_outdated(tmp_path, {}, {}, on=DAY) == {}
    assert list(tmp_path.glob("papers*")) == []


def test_an_answer_has_its_words_role_and_day_and_a_blank_one_is_none(tmp_path):
    (tmp_path / "papers.toml").write_text(
        '[purpose]\nanswer = "Mentor."\nby = "leder"\non = 2026-11-12\n'
        '[risks]\nanswer = """\n\n """\nby = ""\non = 2026-11-12\n',
        "utf-8",
    )
    answers = read_replies(tmp_path, NAMES)
    assert list(answers) == ["purpose"]
    given = answers["purpose"]
    assert (given.answer, given.by, given.on) == (
        "Mentor.",
        "leder",
        date(2026, 11, 12),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[purpos]\nanswer = "x"',
            "unknown question (number 1); did you mean 'purpose'?",
        ),
        ('[purpose]\nanswer = "x"\non = 2026-11-12', "purpose.by: Field required"),
        ('[purpose]\nanswer = "x"\nby = "a"\non = "i går"', "purpose.on: "),
        ("purpose = 3", "purpose: "),
        (
            '[purpose]\nanswer = "x"\nby = "a"\non = 2026-11-12\nwhy = "y"',
            "unknown key",
        ),
        ('[purpose]\nanswer = "Borgeren er umotiveret."', "not 'umotiveret'"),
        ("[purpose", "not valid TOML"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_the_place(tmp_path, text, said):
    (tmp_path / "papers.toml").write_text(text, "utf-8")
    with pytest.raises(FileError, match=r"papers\.toml") as refused:
        read_replies(tmp_path, NAMES)
    assert said in str(refused.value)
    assert "i går" not in str(refused.value)


def test_a_person_number_in_an_answer_is_refused_and_not_repeated(tmp_path):
    write_answer(tmp_path, "purpose", "Ring til 070761-4285.")
    with pytest.raises(
        PersonalDataError, match="purpose: holds a person number"
    ) as told:
        read_replies(tmp_path, NAMES)
    assert "4285" not in str(told.value)


def find(folder, *lines):
    answers = read_replies(folder, NAMES)
    return find_outdated(folder, answers, {"purpose": lines, "risks": ()}, on=DAY)


def test_an_answer_is_held_to_the_lines_it_was_given_beside(tmp_path):
    write_answer(tmp_path, "purpose", "Mentor.")
    assert find(tmp_path, "AUC 73.", "120 sager.") == {}
    assert find(tmp_path, "120 sager.", "AUC 73.") == {}
    change = Outdated(was=("AUC 73.",), now=("AUC 70.",))
    assert find(tmp_path, "AUC 70.", "120 sager.") == {"purpose": change}
    # Told until somebody has looked, and no longer than that.
    assert find(tmp_path, "AUC 70.", "120 sager.") == {"purpose": change}
    write_answer(tmp_path, "purpose", "Mentor.", on="2026-12-01")
    assert find(tmp_path, "AUC 70.", "120 sager.") == {}


def test_a_line_that_is_new_or_gone_is_a_change_also_where_there_was_none(tmp_path):
    write_answer(tmp_path, "purpose", "Mentor.")
    assert find(tmp_path) == {}
    assert find(tmp_path, "Ny.") == {"purpose": Outdated(was=(), now=("Ny.",))}


def test_a_log_that_is_not_ours_is_refused(tmp_path):
    write_answer(tmp_path, "purpose", "Mentor.")
    (tmp_path / "papers_log.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(FileError, match=r"papers_log\.csv: .*date, question, sha256"):
        find(tmp_path, "AUC 73.")
    assert (tmp_path / "papers_log.csv").read_text("utf-8") == "a,b\n1,2\n"
