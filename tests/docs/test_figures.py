import re

import pytest

from docs.figures import (
    PAGE,
    ROOT,
    begins_with_verb,
    count_lines,
    find_called_once,
    find_homes,
    find_modules,
    list_imports,
    list_sentences,
    parse,
)


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("fit_logistic", True),
        ("_read_history", True),
        ("is_small", True),
        ("fitted_logistic", False),
        ("number_of_cases", False),
        ("shift", False),
    ],
)
def test_a_name_begins_with_a_verb_or_does_not(name, verb):
    assert begins_with_verb(name) is verb


def test_docstrings_and_comments_are_no_code_lines(tmp_path):
    path = tmp_path / "any.py"
    path.write_text('"""What it is.\n\nMore.\n"""\n\n# why\nx = (\n    1\n)  # noqa\n')
    assert count_lines(path) == (3, 1)


def test_a_private_function_named_once_and_a_name_with_two_homes_are_found(tmp_path):
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("def _a(): ...\ndef _b(): ...\ndef c():\n    _a()\n    _b(); _b()\n")
    two.write_text("def c(): ...\n")
    assert find_called_once([one, two]) == ["one.py: _a"]
    assert list(find_homes([one, two])) == ["c"]


def test_a_lazy_import_counts_and_one_of_the_type_checker_does_not(tmp_path):
    path = tmp_path / "any.py"
    path.write_text(
        "if TYPE_CHECKING:\n    from a import b\ndef f():\n    from c import d\n"
    )
    assert list(list_imports(parse(path))) == ["c.d"]


def test_an_assert_on_a_sentence_is_found_with_its_place_and_one_on_values_is_not(
    tmp_path,
):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_one.py").write_text(
        "def test_it():\n"
        "    assert 'a.csv' in told\n"
        "    assert 'this is what it says now' in told\n"
        "    with raises(Fault, match='that was what it said'):\n"
        "        pass\n"
    )
    places = [line.split(": ")[0] for line in list_sentences(tmp_path)]
    assert sorted(places) == ["tests/test_one.py:3", "tests/test_one.py:4"]


def test_the_page_is_of_a_tree_about_as_large_as_this_one():
    """Else write it anew: python docs/figures.py --write."""
    page = (ROOT / PAGE).read_text("utf-8")
    told = int(re.search(r"\| modules of it \|.*\| (\d+) \|", page)[1])
    assert told == pytest.approx(len(find_modules(ROOT)), rel=0.05)
