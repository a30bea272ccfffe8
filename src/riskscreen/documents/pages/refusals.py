"""The rules that a refused row can break, in words, with what to do about each."""

from riskscreen.documents.pages.language import Language
from riskscreen.spec import Specification, Words
from riskscreen.validation.keys import OTHER_FORM, ROUNDED
from riskscreen.validation.surveys import DOUBLE, NO_ID

_CORRECT = Words(
    da="Ret værdien i kilden, eller lad feltet stå tomt, hvis den ikke kendes.",
    en="Correct the value at the source, or leave the field empty if it is not known.",
)
_ENDINGS: dict[str, tuple[Words, Words]] = {
    "missing, where it may not be": (
        Words(da="mangler", en="is missing"),
        Words(da="Udfyld feltet i kilden.", en="Fill in the field at the source."),
    ),
    ROUNDED: (
        Words(
            da="er et tal, som et program har afrundet",
            en="is a number that a program has rounded",
        ),
        Words(da="Levér nummeret som tekst.", en="Deliver the number as text."),
    ),
    OTHER_FORM: (
        Words(
            da="har en anden form end den, kommunen har angivet",
            en="has another form than the one that the site states",
        ),
        Words(
            da="Kontrollér nummeret: nuller foran, store og små bogstaver.",
            en="Check the number: leading zeros, the case of letters.",
        ),
    ),
    NO_ID.partition(": ")[2]: (
        Words(
            da="står på flere sager inden for et år, end én borger kan have",
            en="stands on more cases within a year than one citizen can have",
        ),
        Words(
            da="Borgeren er ikke angivet (fx »ukendt«). Indsæt borgerens pseudonym.",
            en="No citizen is given (e.g. “unknown”). Fill in the citizen's pseudonym.",
        ),
    ),
    DOUBLE.partition(": ")[2]: (
        Words(
            da="borgerens forløb står også under et andet sagsnummer",
            en="the citizen's case stands under another number too",
        ),
        Words(
            da="Luk den ene sag i fagsystemet; den senest visiterede er regnet med.",
            en="Close one of them; the one decided last is counted.",
        ),
    ),
    "occurs more than once": (
        Words(da="forekommer mere end én gang", en="occurs more than once"),
        Words(da="Behold én række pr. sag.", en="Keep one row per case."),
    ),
    "not a date that exists": (
        Words(da="er ikke en dato, der findes", en="is not a date that exists"),
        Words(da="Skriv datoen som 01.03.2025.", en="Write the date as 2025-03-01."),
    ),
    "not a number": (Words(da="er ikke et tal", en="is not a number"), _CORRECT),
    "not a whole number": (
        Words(da="er ikke et helt tal", en="is not a whole number"),
        _CORRECT,
    ),
    "neither yes nor no": (
        Words(da="er hverken ja eller nej", en="is neither yes nor no"),
        _CORRECT,
    ),
    "not one of the allowed values": (
        Words(da="er ikke en af de tilladte værdier", en="is not an allowed value"),
        _CORRECT,
    ),
    "before start_date": (
        Words(da="ligger før startdatoen", en="is before the start date"),
        Words(da="Ret den dato, der er forkert.", en="Correct the date that is wrong."),
    ),
    "not after start_date": (
        Words(da="ligger ikke efter startdatoen", en="is not after the start date"),
        Words(da="Ret den dato, der er forkert.", en="Correct the date that is wrong."),
    ),
    "after the extract date": (
        Words(da="ligger efter udtrækkets dato", en="is after the extract date"),
        Words(
            da="Kontrollér datoen, eller kør med et nyere udtræk.",
            en="Check the date, or run with a newer extract.",
        ),
    ),
    "the history was extracted too early for this case": (
        Words(
            da="historikken er trukket for tidligt til denne sag",
            en="the history was extracted too early for this case",
        ),
        Words(da="Kør med et nyere udtræk.", en="Run with a newer extract."),
    ),
    "unknown benefit code in the history": (
        Words(
            da="en ukendt ydelseskode i historikken",
            en="an unknown benefit code in the history",
        ),
        Words(
            da="Føj koden til kodetabellen, og kør igen.",
            en="Add the code to the code table and run again.",
        ),
    ),
    "no row in the history": (
        Words(da="borgeren har ingen historik", en="the citizen has no history"),
        Words(
            da="Kontrollér, at historikken er trukket for borgeren.",
            en="Check that the history was extracted for the citizen.",
        ),
    ),
    "a row of this person breaks its contract": (
        Words(
            da="en række i borgerens historik kan ikke læses sikkert",
            en="a row of the citizen's history cannot be read safely",
        ),
        Words(
            da="Ret historikken i kilden; rækken står længere nede.",
            en="Correct the history at the source; the row stands further down.",
        ),
    ),
}
_KEYS = {
    "case_id": Words(da="sagsnummer", en="case identifier"),
    "person_id": Words(da="person (pseudonym)", en="person (pseudonym)"),
    "start_date": Words(da="startdato", en="start date"),
    "end_date": Words(da="slutdato", en="end date"),
    "decision_date": Words(da="visitationsdato", en="decision date"),
    "registered_on": Words(da="registreringsdato", en="registration date"),
    "municipality": Words(da="kommune", en="municipality"),
    "team": Words(da="team", en="team"),
    "code": Words(da="ydelseskode", en="benefit code"),
    "period": Words(da="periode", en="period"),
    "history": Words(da="historik", en="history"),
}
_OTHER = Words(
    da="Ret rækken i kilden, og kør igen.", en="Correct the row at the source."
)


def describe_refusal(
    rule: str, spec: Specification, language: Language
) -> tuple[str, str]:
    """A rule in words, and what to do about it.

    *rule* is ``column: rule`` as the set-aside table has it. A rule without words of
    its own (a bound, for instance) stands as it was written.
    """
    column, _, ending = rule.partition(": ")
    found = _ENDINGS.get(ending)
    label = spec.columns[column].label if column in spec.columns else _KEYS.get(column)
    name = label.in_language(language) if label else column
    if found:
        words, remedy = (w.in_language(language) for w in found)
        return f"{name}: {words}", remedy
    return f"{name}: {_bound(ending, language)}" if ending else rule, (
        _CORRECT if _is_bound(ending) else _OTHER
    ).in_language(language)


def _is_bound(ending: str) -> bool:
    return ending.startswith(("below ", "above "))


def _bound(ending: str, language: Language) -> str:
    if language == "en" or not _is_bound(ending):
        return ending
    return ending.replace("below", "under").replace("above", "over").replace(".", ",")
