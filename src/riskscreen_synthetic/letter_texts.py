"""The legal paragraphs of an invented municipality's letters: an example, no model."""

from pathlib import Path

_RIGHTS = {
    "da": (
        "Du kan få at se, hvilke oplysninger vi har om dig, og hvordan tallet er "
        "lavet. Du kan få rettet det, der er forkert, og gøre indsigelse mod, at vi "
        "bruger dem på denne måde. Du kan klage over en afgørelse. Du kan også klage "
        "til Datatilsynet. Kommunens databeskyttelsesrådgiver hjælper dig."
    ),
    "en": (
        "You can see which facts we hold about you and how the figure was made. You "
        "can have what is wrong corrected, and object to our using them in this way. "
        "You can complain about a decision, and to the Danish Data Protection Agency. "
        "The municipality's data protection officer helps you."
    ),
}
_INFORMATION = {
    "da": (
        "Opdigtet Kommune er dataansvarlig. Her skriver kommunen formål, "
        "retsgrundlag, hvor oplysningerne kommer fra, hvem der modtager dem, og hvor "
        "længe de gemmes.\n\n"
        "Du kan få indsigt i oplysningerne, få dem rettet, gøre indsigelse og klage "
        "til Datatilsynet."
    ),
    "en": (
        "The invented municipality is the controller. Here it states purpose, legal "
        "basis, where the data come from, who receives them and how long they are "
        "kept.\n\n"
        "You can see the data, have them corrected, object, and complain to the Danish "
        "Data Protection Agency."
    ),
}


def write_letter_texts(folder: Path) -> None:
    """Write the texts into the site's *folder*, and name them in its site.toml."""
    lines = ["", "[letter]", 'contact = "Telefon 00 00 00 00"']
    for part, texts in (("rights", _RIGHTS), ("information", _INFORMATION)):
        lines += ["", f"[letter.{part}]"]
        for language, words in texts.items():
            name = f"letter_{part}.{language}.txt"
            (folder / name).write_text(f"{words}\n", encoding="utf-8")
            lines.append(f'{language} = "{name}"')
    with (folder / "site.toml").open("a", encoding="utf-8") as stated:
        stated.write("\n".join(lines) + "\n")
