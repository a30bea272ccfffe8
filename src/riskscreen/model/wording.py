"""Say what a feature of a case says, in plain Danish or English words."""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.features.catalogue import NO_STATE, Feature, describe_intake
from riskscreen.model.abstention import BETWEEN
from riskscreen.model.reason_members import Member, read_members
from riskscreen.spec import Specification
from riskscreen.texts import load_texts

TEXTS = load_texts("riskscreen.model")
_DANISH = str.maketrans(",.", ".,")
_WEEKS_IN_YEAR = 365.25 / 7
_IN_MONTHS_FROM, _IN_YEARS_FROM = 9, 104
"""Weeks from which on nobody counts in weeks, and in months."""
_TIMES = ("weeks", "weeks_since_last", "longest")
"""Families of features that are a time in weeks."""
_REMEMBERED = 20_000
"""So many descriptions are kept: cases say the same of most features."""


def format_number(
    value: float, language: str, *, decimals: int = 1, keep_zeros: bool = False
) -> str:
    """Return a number as the language writes it, without trailing zeros.

    With *keep_zeros* it has all *decimals*, as estimates beside each other have.

    >>> format_number(1234.5, "da"), format_number(1234.5, "en")
    ('1.234,5', '1,234.5')
    >>> format_number(26.0, "da"), format_number(0.7, "da", decimals=2, keep_zeros=True)
    ('26', '0,70')
    """
    text = f"{value:,.{decimals}f}"
    if "." in text and not keep_zeros:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text.replace("-", "−")
    return text if language == "en" else text.translate(_DANISH)


class FeatureWording:
    """The words for every feature of one specification, in ``"da"`` or ``"en"``."""

    def __init__(
        self, spec: Specification, features: Iterable[Feature], language: str
    ) -> None:
        self.spec = spec
        self.features = {feature.name: feature for feature in features}
        self.language = language
        self.texts = TEXTS[language]
        self._describe_once = lru_cache(_REMEMBERED)(self._describe)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Let a copy, and what is sent to another process, begin with nothing in it.

        What is remembered is of cases, and no cache can be pickled.
        """
        return type(self), (self.spec, [*self.features.values()], self.language)

    def describe(self, name: str, value: float) -> str:
        """Return what a case with *value* (a number, 0/1 or a level's place) says.

        NaN is said to be missing: what a file does not hold is a reason too.
        """
        # No two NaN are equal, so what is remembered of one is that of one object.
        return self._describe_once(name, math.nan if math.isnan(value) else value)

    def _describe(self, name: str, value: float) -> str:
        feature = self.features[name]
        if sentence := self._find_sentence(feature, value):
            return self._fill_sentence(sentence, feature, value)
        return f"{self.label_of(name)}: {self._describe_value(feature, value)}"

    def describe_typical(self, name: str, value: float) -> str:
        """Return what is usual of a feature: *value* of a number is the median."""
        feature, t = self.features[name], self.texts["typical"]
        if feature.kind != "number":
            return str(t["most"].format(value=self._describe_value(feature, value)))
        if feature.family in _TIMES:
            return str(t["median"].format(value=self._format_span(value)))
        if feature.unit == "share":
            value = round(value, 2)  # whole per cent: it is beside the point, not it
        return str(t["median"].format(value=self._describe_value(feature, value)))

    def list_facts(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Yield what a case says in the columns that no model reads (role "fact").

        *values* are those of its row by column. What is missing is not said.
        """
        for name, column in self.spec.columns.items():
            if column.role == "fact" and not pd.isna(value := values.get(name)):
                fact = describe_intake(name, column)
                place = fact.levels.index(value) if fact.levels else float(value)
                label = column.label.in_language(self.language)
                yield f"{label}: {self._describe_value(fact, place)}"

    def describe_unreadable(self, name: str) -> str:
        """Return what is said of a fact that stands there and cannot be read."""
        return f"{self.label_of(name)}: {self.texts['value']['unreadable']}"

    def describe_members(self, label: str, members: Iterable[Member]) -> str:
        """Return what is said of several that go together, and are called *label*."""
        said = (
            self.describe_unreadable(m.feature)
            if m.unreadable
            else self.describe(m.feature, m.value)
            for m in members
        )
        return f"{label} ({'; '.join(said)})"

    def describe_reason(
        self, feature: str, value: float, *, unreadable: bool, members: str, label: str
    ) -> str:
        """Return what is said of one reason of a case, as reasons.parquet holds it.

        *feature* speaks for it with *value*; of several that go together *members*
        speak (reason_members.py), under *label*.
        """
        if members:
            return self.describe_members(label, read_members(members))
        if unreadable:
            return self.describe_unreadable(feature)
        return self.describe(feature, value)

    def label_of(self, name: str) -> str:
        """Return what the feature is called."""
        return self.features[name].label.in_language(self.language)

    def name_tables(self, names: Iterable[str]) -> str:
        """Return what reasons call the further tables of these *names*, with commas."""
        labels = {table.name: table.label for table in self.spec.tables}
        named = (labels[name] for name in names if name in labels)
        return ", ".join(words.in_language(self.language) for words in named)

    def _find_sentence(self, feature: Feature, value: float) -> str | None:
        """Return the sentence for a history feature's value, where it has its own."""
        if feature.kind != "number":
            return None
        sentences: dict[str, str] = self.texts["history"].get(feature.family, {})
        if math.isnan(value):
            return sentences.get("missing")
        if value == feature.window and "all" in sentences:
            return sentences["all"]
        form = {"0": "none", "1": "one"}.get(self._format(value), "some")
        if 0 < value < 1:
            form = "part"
        return sentences.get(form, sentences.get("some"))

    def _fill_sentence(self, sentence: str, feature: Feature, value: float) -> str:
        assert self.spec.history  # so says the feature's family
        group = ""
        if feature.group is not None:
            label = self.spec.history.groups[feature.group].label
            group = label.in_language(self.language)
        window = self.texts["window"]
        last = window.get(str(feature.window), window["other"])
        percent = self.texts["value"]["percent"]
        return sentence.format(
            group=group,
            n=self._format(value),
            span=self._format_span(value),
            percent=percent.format(n=self._format(100 * value)),
            last=last.format(w=feature.window),
        )

    def _format_span(self, weeks: float) -> str:
        """Return a time of *weeks* in weeks, months or years, whichever is readable."""
        t = self.texts["span"]
        if math.isnan(weeks):
            return ""
        if weeks < _IN_MONTHS_FROM:
            n = self._format(weeks)
            return str(t["weeks"][n != "1"].format(n=n))
        if weeks < _IN_YEARS_FROM:
            return str(t["months"].format(n=round(weeks * 12 / _WEEKS_IN_YEAR)))
        years = round(2 * weeks / _WEEKS_IN_YEAR) / 2  # to the half
        return str(t["years"].format(n=self._format(years)))

    def _describe_value(self, feature: Feature, value: float) -> str:
        t = self.texts["value"]
        if math.isnan(value):
            return str(t["missing"])
        if feature.kind == "flag":
            return str(t["yes"] if value else t["no"])
        if feature.kind == "number":
            return self._describe_measure(feature, value)
        level = feature.levels[int(value)]
        if feature.family == "state":
            assert self.spec.history  # so says the feature's family
            if level == NO_STATE:
                return str(t["no_group"])
            return self.spec.history.groups[level].label.in_language(self.language)
        label = self.spec.columns[feature.name].value_labels.get(level)
        return label.in_language(self.language) if label else level

    def _describe_measure(self, feature: Feature, value: float) -> str:
        """Return the figure with its unit, left out where the label has said it."""
        unit = feature.unit or ""
        if unit in ("share", "percent"):
            percent = 100 * value if unit == "share" else value
            return str(self.texts["value"]["percent"].format(n=self._format(percent)))
        words, n = self.texts["units"].get(unit), self._format(value)
        if words is None or words in feature.label.in_language(self.language).split():
            return n
        if self._format(abs(value)) == "1":
            words = self.texts["units_of_one"].get(unit, words)
        return f"{n} {words}"

    def _format(self, value: float) -> str:
        decimals = 1 if abs(value) >= 1 else 2
        return format_number(value, self.language, decimals=decimals)


def describe_abstention(
    rules: str, features: Mapping[str, Feature], language: str
) -> str:
    """Return why a score is not shown; *rules* are what ``find_abstentions`` found."""
    why = []
    for rule in rules.split(BETWEEN):
        kind, _, name = rule.partition(":")
        label = features[name].label.in_language(language) if name else ""
        words = TEXTS[language]["abstained"][kind]
        why.append(words.format(label=label, few=SMALLEST_GROUP))
    return "; ".join(why)
