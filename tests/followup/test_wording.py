import pytest

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.followup.wording import Wording

DANISH, ENGLISH = Wording("da"), Wording("en")


@pytest.mark.parametrize(
    ("counts", "danish", "english"),
    [
        ((121, 24), "121 af 145 (83 %)", "121 of 145 (83%)"),
        ((0, 1500), "0 af 1.500 (0 %)", "0 of 1,500 (0%)"),
        ((40, 0), "40 af 40 (100 %)", "40 of 40 (100%)"),
        ((HIDDEN, 30), "skjult", "hidden"),
        ((0, 0), "ikke oplyst", "not stated"),
    ],
)
def test_a_part_is_said_with_its_share_or_that_it_is_not_told(counts, danish, english):
    assert DANISH.say_part(*counts).replace("\N{NO-BREAK SPACE}", " ") == danish
    assert ENGLISH.say_part(*counts) == english


def test_figures_are_said_as_the_language_writes_them():
    assert DANISH.say_figure(15_033_200) == "15.033.200"
    assert DANISH.say_figure(None) == "ikke oplyst"
    assert DANISH.say_figure(HIDDEN) == "skjult"
    assert DANISH.say_weeks(28.633) == "28,6 uger"
    assert ENGLISH.say_weeks(None) == "not stated"
    assert DANISH.say_score(4.4) == "4,40"
    assert ENGLISH.say_score(-0.02) == "−0.02"
