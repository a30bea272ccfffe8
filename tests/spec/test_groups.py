import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from riskscreen.errors import SpecError
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.spec import (
    SHIPPED_MODELS,
    HistoryGroup,
    Outcome,
    Words,
    check_groups,
    check_site_groups,
    read_specification,
)

MODELS = sorted((Path(__file__).parents[2] / "models").glob("[!_]*.toml"))
WORDS = Words(da="ord", en="words")


@dataclass
class Table:
    groups: tuple[str, ...]
    extra: tuple[str, ...] = ()

    @property
    def states(self):
        return (*self.groups, *self.extra)


@pytest.fixture(params=MODELS, ids=lambda path: path.stem)
def spec(request):
    return read_specification(request.param)


def changed_outcome(spec, **outcome):
    return spec.model_copy(update={"outcome": spec.outcome.model_copy(update=outcome)})


def changed_history(spec, **history):
    return spec.model_copy(update={"history": spec.history.model_copy(update=history)})


@pytest.mark.slow
def test_every_shipped_specification_maps_every_group_of_the_shipped_table(spec):
    check_groups(spec, read_shipped_code_table())


@pytest.mark.slow
def test_a_group_that_is_not_mapped_is_named_with_what_to_do(spec):
    table = Table((*read_shipped_code_table().groups, "new_benefit"))
    with pytest.raises(
        SpecError, match=r"'new_benefit' is not mapped; .*outcome\.long"
    ):
        check_groups(spec, table)


@pytest.mark.slow
def test_a_state_that_the_register_does_not_tell_may_be_mapped(spec):
    own = Table(read_shipped_code_table().groups)
    check_groups(spec, own)


@pytest.mark.slow
def test_a_misspelt_state_is_named_with_the_likely_one(spec):
    long = (*spec.outcome.long, "sygedagpenge:partly_recoverd")
    named = r"outcome\.long: .*did you mean 'sygedagpenge:partly_recovered'"
    with pytest.raises(SpecError, match=named):
        check_groups(changed_outcome(spec, long=long), read_shipped_code_table())


@pytest.mark.slow
def test_a_misspelt_group_is_named_with_its_key_and_the_likely_one(spec):
    wrong = changed_outcome(spec, competing=(*spec.outcome.competing, "udvandre"))
    with pytest.raises(SpecError, match=r"outcome\.competing: .*'udvandret'"):
        check_groups(wrong, read_shipped_code_table())


@pytest.mark.slow
def test_an_unknown_group_of_a_history_group_is_named_with_its_key(spec):
    odd = HistoryGroup(code_groups=("xyzzy",), label=WORDS)
    wrong = changed_history(spec, groups={**spec.history.groups, "odd": odd})
    with pytest.raises(
        SpecError, match=r"history\.groups\.odd\.code_groups: .*'xyzzy'; there are"
    ):
        check_groups(wrong, read_shipped_code_table())


@pytest.mark.slow
def test_an_unknown_group_of_a_route_is_named_with_its_key(spec):
    table = Table(tuple(g for g in read_shipped_code_table().groups if g != "fleksjob"))
    if any("fleksjob" in getattr(r.when, "state", ()) for r in spec.population.routes):
        with pytest.raises(SpecError, match=r"population\.routes\.\w+\.when\.state"):
            check_groups(spec, table)


@pytest.mark.slow
def test_self_support_that_is_not_mapped_to_not_long_is_an_error(spec):
    wrong = changed_history(spec, self_support=spec.outcome.long[:1])
    with pytest.raises(SpecError, match=r"must stand in outcome\.not_long"):
        check_groups(wrong, read_shipped_code_table())


@pytest.mark.slow
def test_a_ready_outcome_maps_nothing_but_its_history_groups_must_exist(spec):
    ready = Outcome(rule="ready", horizon_weeks=10, long_words=WORDS)
    spec = spec.model_copy(update={"outcome": ready})
    check_groups(spec, read_shipped_code_table())
    with pytest.raises(SpecError, match=r"history\.groups"):
        check_groups(spec, Table(("selvforsoergelse",)))


def test_a_sites_misspelt_group_is_told_beside_the_right_one(spec):
    own = read_shipped_code_table()
    table = Table(tuple(sorted({*own.groups, "sygedagpnge"})))
    with pytest.raises(SpecError, match=r"'sygedagpnge' .*'sygedagpenge'"):
        check_site_groups(spec, table, own)
    ready = Outcome(rule="ready", horizon_weeks=10, long_words=WORDS)
    without = spec.model_copy(update={"outcome": ready})
    with pytest.raises(SpecError, match=r"'sygedagpnge': .*'sygedagpenge'"):
        check_site_groups(without, table, own)


def test_a_group_that_nothing_maps_is_offered_as_lines_that_mend_it(tmp_path):
    """Each line, pasted under [outcome] in place of the one that stands, maps it."""
    spec = read_specification(SHIPPED_MODELS / "long_absence.toml")
    shipped = read_shipped_code_table()
    groups = sorted([*shipped.groups, "ny_ydelse"])
    table = Table(tuple(groups), extra=shipped.states)
    with pytest.raises(SpecError) as refused:
        check_groups(spec, table)
    lines = str(refused.value).splitlines()
    at_work = lines.index(
        "  Where it is work at the horizon: [outcome.end_states.work]"
    )
    first = next(n for n, line in enumerate(lines) if line.startswith("  Paste"))
    assert lines[first].endswith("for ny_ydelse:")
    offered = [line.strip() for line in lines[first + 1 : first + 4]]
    assert [line.partition(" = ")[0] for line in offered] == [
        "not_long",
        "long",
        "competing",
    ]
    for line in offered:
        own = tmp_path / "own.toml"
        text = (SHIPPED_MODELS / "long_absence.toml").read_text("utf-8")
        text = _paste(text, "[outcome]", line)
        text = _paste(text, "[outcome.end_states.work]", lines[at_work + 1].strip())
        own.write_text(text, encoding="utf-8")
        check_groups(read_specification(own), table)


def _paste(text, heading, line):
    """The file with *line* below *heading*, in place of the one that stands."""
    key = line.partition(" = ")[0]
    before, _, after = text.partition(f"{heading}\n")
    after = re.sub(rf"(?m)^{key} = .*$", line, after, count=1)
    return f"{before}{heading}\n{after}"
