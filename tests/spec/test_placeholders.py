"""Words that nobody has written yet are found by key, and refused for approval."""

import pytest

from riskscreen.errors import SpecError
from riskscreen.spec.placeholders import (
    describe_placeholders,
    list_placeholders,
    require_words,
)
from tests import small_site


def half_written():
    content = small_site.specification().model_dump(by_alias=True)
    content["title"] = {"da": "UDFYLD: navn", "en": "FILL IN: name"}
    content["population"]["routes"][1]["words"]["en"] = "FILL IN: why"
    return small_site.specification(
        title=content["title"], population=content["population"]
    )


def test_a_key_is_named_once_whichever_language_is_unwritten():
    assert list_placeholders(half_written()) == [
        "title",
        "population.routes.late.words",
    ]


def test_a_whole_specification_has_none():
    spec = small_site.specification()
    assert list_placeholders(spec) == []
    assert describe_placeholders(spec) is None
    require_words(spec)


def test_all_are_told_in_one_message():
    with pytest.raises(SpecError, match=r"2 texts .*: title, population\.routes\.late"):
        require_words(half_written())
