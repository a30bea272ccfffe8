from riskscreen.spec import UNITS


def test_every_unit_is_written_in_lower_case():
    assert all(unit == unit.lower() for unit in UNITS)
