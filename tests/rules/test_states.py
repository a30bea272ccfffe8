from riskscreen.rules.states import (
    add_activation,
    drop_activation,
    get_activation,
    get_group,
    name_state,
    read_mapped,
)


def test_a_state_is_a_group_and_what_a_code_says_beyond_it():
    assert name_state("ill", "partly_recovered") == "ill:partly_recovered"
    assert name_state("ill", "") == "ill"
    assert get_group("ill:partly_recovered") == get_group("ill") == "ill"


def test_a_state_that_is_not_mapped_is_what_its_group_is():
    mapped = {"ill": 1, "ill:partly_recovered": 2}
    states = ("ill:partly_recovered", "ill:nearly_well", "ill", "abroad")
    assert [read_mapped(mapped, state, None) for state in states] == [2, 1, 1, None]


def test_what_was_done_is_told_apart_and_maps_nothing():
    state = add_activation(name_state("ill", "partly_recovered"), "guidance")
    assert get_activation(state) == "guidance"
    assert drop_activation(state) == "ill:partly_recovered"
    assert get_group(state) == "ill"
    assert get_activation("ill") == ""
    mapped = {"ill": 1, "ill:partly_recovered": 2}
    assert read_mapped(mapped, state, 0) == 2
    assert read_mapped(mapped, add_activation("ill", "guidance"), 0) == 1
