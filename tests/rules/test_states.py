from riskscreen.rules.states import get_group, name_state, read_mapped


def test_a_state_is_a_group_and_what_a_code_says_beyond_it():
    assert name_state("ill", "partly_recovered") == "ill:partly_recovered"
    assert name_state("ill", "") == "ill"
    assert get_group("ill:partly_recovered") == get_group("ill") == "ill"


def test_a_state_that_is_not_mapped_is_what_its_group_is():
    mapped = {"ill": 1, "ill:partly_recovered": 2}
    states = ("ill:partly_recovered", "ill:nearly_well", "ill", "abroad")
    assert [read_mapped(mapped, state, None) for state in states] == [2, 1, 1, None]
