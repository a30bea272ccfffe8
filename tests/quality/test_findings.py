import pytest

from riskscreen.disclosure.words import mask_words
from riskscreen.person_numbers import holds_person_number
from riskscreen.quality.findings import QualityTable


@pytest.mark.parametrize(
    "counts",
    [("101", "901", "234"), ("1", "101", "901", "234"), ("10", "10", "19", "01", "23")],
)
def test_counts_side_by_side_are_printed_and_read_as_no_person_number(counts):
    assert holds_person_number(" ".join(counts))
    years = tuple(str(2019 + at) for at in range(len(counts)))
    table = QualityTable("Weeks", ("group", *years), (("kontanthjælp", *counts),))
    lines = [*table.describe()]
    assert lines[2].split() == ["kontanthjælp", *counts]
    assert [mask_words(line) for line in lines] == lines
