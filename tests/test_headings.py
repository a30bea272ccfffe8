import pytest

from riskscreen.headings import find_personal_kind, is_refused

REFUSED = [
    "cpr",
    "CPR nr.",
    "cprnummer",
    "cpr_nummer",
    "borger_cpr",
    "personnr",
    "person-nr",
    "pnr",
    "p_nr",
    "navn",
    "Navn",
    "fuldt navn",
    "borgernavn",
    "Borgerens navn",
    "fornavn",
    "efternavn",
    "mellemnavn",
    "first_name",
    "firstname",
    "FirstName",
    "surname",
    "full_name",
    "sagsbehandler_navn",
    "kontonr",
    "pasnummer",
    "MitID",
    "ægtefælle",
    "patientnavn",
    "efternavn_1",
    "CPR-NUMMER",
    "borgerensCPR",
    "last name",
    "lname",
    "personal_number",
    "Bankkontonummer",
]
NOTED = [
    "adresse",
    "bopælsadresse",
    "c/o",
    "vejnavn",
    "gade",
    "etage",
    "postnr",
    "by",
    "bynavn",
    "street",
    "email",
    "e_mail",
    "mail",
    "telefon",
    "tlf",
    "telefonnummer",
    "mobil",
    "phone",
    "født",
    "foedselsdato",
    "birth_date",
    "arbejdsgiver_navn",
    "virksomhedsnavn",
    "post nr",
    "tlf2",
    "bopåls vej",
]
OTHERS = [
    "vejledning",
    "bygning",
    "mailgruppe",
    "team_navn",
    "kommunenavn",
    "filnavn",
    "decided_by",
    "mobilitet",
    "case_id",
    "person_id",
    "team",
    "main_cause",
    "weeks_of_work",
    "benavnelse",
    "pas",
]


@pytest.mark.parametrize("heading", REFUSED)
def test_a_heading_that_names_a_person_is_refused(heading):
    assert is_refused(find_personal_kind(heading))


@pytest.mark.parametrize("heading", NOTED)
def test_a_heading_that_names_an_address_or_telephone_is_a_note(heading):
    kind = find_personal_kind(heading)
    assert kind is not None
    assert not is_refused(kind)


@pytest.mark.parametrize("heading", OTHERS)
def test_letters_inside_another_word_and_names_of_things_are_none(heading):
    assert find_personal_kind(heading) is None
