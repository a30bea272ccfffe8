"""What a feature of a case says, in plain Danish or English words."""

import math
from collections.abc import Iterable, Mapping

from riskscreen.features.catalogue import NO_STATE, Feature, list_features
from riskscreen.spec import Specification, Words

_UNITS = {
    "years": Words(da="år", en="years"),
    "months": Words(da="måneder", en="months"),
    "weeks": Words(da="uger", en="weeks"),
    "days": Words(da="dage", en="days"),
    "hours per week": Words(da="timer om ugen", en="hours a week"),
    "km": Words(da="km", en="km"),
    "kr": Words(da="kr.", en="kr."),
    "percent": Words(da="%", en="%"),
}
_ONE = {
    "years": Words(da="år", en="year"),
    "months": Words(da="måned", en="month"),
    "weeks": Words(da="uge", en="week"),
    "days": Words(da="dag", en="day"),
    "hours per week": Words(da="time om ugen", en="hour a week"),
}
_MISSING = Words(da="ikke oplyst", en="not stated")
_UNREADABLE = Words(
    da="kan ikke læses, ret den i fagsystemet",
    en="cannot be read, correct it in the case system",
)
_YES = Words(da="ja", en="yes")
_NO = Words(da="nej", en="no")
_NO_GROUP = Words(da="anden eller ingen", en="other or none")

# The history's own sentences: {of} is the group, {n} the figure, {last} the window.
# "none" is said for 0 (and for "never" where the feature is missing), "one" for 1,
# "part" for less than one. A label may end in words of its own, so a colon follows it.
_NEVER = Words(da="{of}: {none} {last}", en="{of}: {none} {last}")
_NO_SPELL = Words(da="{of}: ingen forløb {last}", en="{of}: no spells in {last}")
_HISTORY: dict[str, dict[str, Words]] = {
    "weeks": {
        "none": _NEVER,
        "all": Words(da="{of}: {all} {last}", en="{of}: {all} {last}"),
        "some": Words(da="{of}: {n} af {last}", en="{of}: {n} of {last}"),
    },
    "spells": {
        "none": _NO_SPELL,
        "one": Words(da="{of}: ét forløb {last}", en="{of}: one spell in {last}"),
        "some": Words(da="{of}: {n} forløb {last}", en="{of}: {n} spells in {last}"),
    },
    "weeks_since_last": {
        "missing": _NEVER,
        "none": Words(
            da="{of}: i den seneste kendte uge", en="{of}: in the latest known week"
        ),
        "part": Words(
            da="{of}: senest for under 1 uge siden", en="{of}: last under 1 week ago"
        ),
        "one": Words(da="{of}: senest for 1 uge siden", en="{of}: last 1 week ago"),
        "some": Words(
            da="{of}: senest for {n} uger siden", en="{of}: last {n} weeks ago"
        ),
    },
    "longest": {
        "none": _NO_SPELL,
        "one": Words(da="{of}: længste forløb 1 uge", en="{of}: longest spell 1 week"),
        "some": Words(
            da="{of}: længste forløb {n} uger", en="{of}: longest spell {n} weeks"
        ),
    },
}
_WINDOW = {
    "none": Words(da="ingen af", en="none of"),
    "all": Words(da="alle", en="all of"),
    "last": Words(da="de seneste {w} uger", en="the last {w} weeks"),
}
_WINDOW_OF_ONE = {
    "none": Words(da="intet af", en="none of"),
    "all": Words(da="hele", en="all of"),
    "last": Words(da="den seneste uge", en="the last week"),
}
_DANISH = str.maketrans(",.", ".,")


def format_number(value: float, language: str, *, decimals: int = 1) -> str:
    """A number as the language writes it, without trailing zeros.

    >>> format_number(1234.5, "da"), format_number(1234.5, "en")
    ('1.234,5', '1,234.5')
    >>> format_number(26.0, "da")
    '26'
    """
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text.replace("-", "−")
    return text if language == "en" else text.translate(_DANISH)


class Wording:
    """The words for every feature of one specification, in ``"da"`` or ``"en"``."""

    def __init__(
        self, spec: Specification, features: Iterable[Feature], language: str
    ) -> None:
        self.spec = spec
        self.features = {feature.name: feature for feature in features}
        self.language = language

    def of(self, name: str, value: float) -> str:
        """What a case with *value* (a number, 0/1 or a level's place) says there.

        NaN is said to be missing: what a file does not hold is a reason too.
        """
        feature = self.features[name]
        sentence = self._sentence(feature, value)
        if sentence:
            return self._history(feature, sentence, value)
        return f"{self.label(name)}: {self._value(feature, value)}"

    def of_unreadable(self, name: str) -> str:
        """What is said of a fact that stands in the file and cannot be read."""
        return f"{self.label(name)}: {self._said(_UNREADABLE)}"

    def label(self, name: str) -> str:
        """What the feature is called."""
        return self._said(self.features[name].label)

    def _history(self, feature: Feature, sentence: Words, value: float) -> str:
        assert self.spec.history  # so says the feature's family
        groups = self.spec.history.groups
        window = _WINDOW_OF_ONE if feature.window == 1 else _WINDOW
        return self._said(sentence).format(
            of=self._said(groups[feature.group or ""].label),
            n=self._number(value),
            **{n: self._said(w).format(w=feature.window) for n, w in window.items()},
        )

    def _sentence(self, feature: Feature, value: float) -> Words | None:
        """The sentence that fits a history feature's value, where it has its own."""
        sentences = _HISTORY.get(feature.family, {})
        if math.isnan(value):
            return sentences.get("missing")
        if value == feature.window and "all" in sentences:
            return sentences["all"]
        return sentences.get(self._form(value), sentences.get("some"))

    def _form(self, value: float) -> str:
        """Which form of a noun goes with *value*, as it is written."""
        if 0 < value < 1:
            return "part"
        return {"0": "none", "1": "one"}.get(self._number(value), "some")

    def _value(self, feature: Feature, value: float) -> str:
        if math.isnan(value):
            return self._said(_MISSING)
        if feature.kind == "flag":
            return self._said(_YES if value else _NO)
        if feature.kind == "category":
            return self._level(feature, feature.levels[int(value)])
        return self._measure(feature, value)

    def _level(self, feature: Feature, level: str) -> str:
        if feature.family == "state":
            assert self.spec.history  # so says the feature's family
            groups = self.spec.history.groups
            return self._said(_NO_GROUP if level == NO_STATE else groups[level].label)
        label = self.spec.columns[feature.name].value_labels.get(level)
        return self._said(label) if label else level

    def _measure(self, feature: Feature, value: float) -> str:
        """The figure with its unit, which is left out where the label has said it."""
        if feature.unit == "share":
            return self._percent(100 * value)
        if feature.unit == "percent":
            return self._percent(value)
        words = _UNITS.get(feature.unit or "")
        if words is None or self._said(words) in self.label(feature.name).split():
            return self._number(value)
        if self._number(abs(value)) == "1":
            words = _ONE.get(feature.unit or "", words)
        return f"{self._number(value)} {self._said(words)}"

    def _percent(self, value: float) -> str:
        return f"{self._number(value)}{' %' if self.language == 'da' else '%'}"

    def _number(self, value: float) -> str:
        decimals = 1 if abs(value) >= 1 else 2
        return format_number(value, self.language, decimals=decimals)

    def _said(self, words: Words) -> str:
        return words.in_language(self.language)


def describe_reason(
    spec: Specification, reason_row: Mapping[str, object], language: str
) -> str:
    """What one row of the reasons table says, in plain words.

    *reason_row* needs ``feature`` and ``value``. For many rows, make one Wording.
    """
    value = reason_row["value"]
    assert isinstance(value, int | float)
    wording = Wording(spec, list_features(spec), language)
    return wording.of(str(reason_row["feature"]), float(value))
