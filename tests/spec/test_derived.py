import gc

from riskscreen.spec.derived import derive_once
from tests import small_site


def test_what_follows_is_worked_out_once_and_anew_of_a_copy():
    asked = []

    @derive_once
    def name(spec):
        """Return the name."""
        asked.append(spec.name)
        return spec.name

    spec = small_site.specification()
    other = spec.model_copy(update={"name": "other"})
    assert [name(one) for one in (spec, spec, other, other)] == [
        *(spec.name, spec.name, "other", "other")
    ]
    assert asked == [spec.name, "other"]
    assert name.__doc__ == "Return the name."


def test_what_stands_beside_the_specification_has_an_answer_each():
    asked = []

    @derive_once
    def join(spec, groups, *, mark):
        asked.append(groups)
        return mark.join((spec.name, *groups))

    spec = small_site.specification()
    for _ in range(2):
        assert join(spec, ("a", "b"), mark="-") == f"{spec.name}-a-b"
        assert join(spec, ("a", "b"), mark="+") == f"{spec.name}+a+b"
        assert join(spec, (), mark="-") == spec.name
    assert asked == [("a", "b"), ("a", "b"), ()]


def test_what_was_of_a_specification_goes_with_it():
    @derive_once
    def build(spec):
        return frozenset((spec.name,))

    gc.freeze()  # what other tests hold need not be looked through each time
    try:
        for n in range(20):  # a new one may lie where an older one lay
            spec = small_site.specification(name=f"target_{n}")
            assert build(spec) == {f"target_{n}"}
            del spec
            gc.collect()
    finally:
        gc.unfreeze()
