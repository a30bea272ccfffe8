import pytest

from tests.oracles import agree


@pytest.mark.slow
@pytest.mark.parametrize("part", ["published_figures", "kaplan_meier", "time"])
def test_the_product_agrees_with_numbers_that_nobody_here_wrote(part, capsys):
    """Those that need no other library; the script of agree.py runs all of them."""
    before = dict(agree.RESULTS)
    agree.section(getattr(agree, part))
    told = [line for line in capsys.readouterr().out.splitlines() if "DIFFERS" in line]
    assert told == []
    assert agree.RESULTS["ok"] > before["ok"]
    assert agree.RESULTS["skipped"] == before["skipped"]
