"""Say in words which rule a refused row broke, and what to do about it."""

from riskscreen.spec import Specification
from riskscreen.texts import Texts


def describe_refusal(rule: str, spec: Specification, texts: Texts) -> tuple[str, str]:
    """Return a rule in words, and what to do about it.

    *rule* is ``column: rule`` as the set-aside table has it. A rule without words of
    its own (a bound, for instance) stands as it was written.
    """
    t, language = texts["refused"], texts["language"]
    column, _, broken = rule.partition(": ")
    if column in spec.columns:
        name = spec.columns[column].label.in_language(language)
    else:
        name = t["columns"].get(column, column)
    if words := t["rules"].get(broken):
        return f"{name}: {words['says']}", words["remedy"]
    side, _, bound = broken.partition(" ")
    if side in ("below", "above"):
        n = bound.replace(".", texts["numbers"]["decimal"])
        return f"{name}: {t[side].format(n=n)}", t["correct_value"]
    return f"{name}: {broken}" if broken else rule, t["correct_row"]
