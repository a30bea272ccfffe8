"""Search a built site for what a browser would fetch from another host."""

import re
from html.parser import HTMLParser
from pathlib import Path

FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "link": ("href",),
}
# Links of these kinds point; a browser fetches nothing for them.
POINTING = {"canonical", "author", "license", "next", "prev", "search", "index"}
IN_STYLES = re.compile(
    r"(?:url\(\s*['\"]?|@import\s+['\"])(?:https?:)?//[^'\")]+", re.IGNORECASE
)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and set(given.get("rel", "").split()) <= POINTING:
            return
        self.fetched += [
            given[name]
            for name in FETCHED.get(tag, ())
            if re.match(r"(?:https?:)?//", given.get(name, ""), re.IGNORECASE)
        ]
        self.fetched += IN_STYLES.findall(given.get("style", ""))


def find_other_hosts(site: Path) -> list[str]:
    """Return ``file: address`` for each thing that a page fetches from elsewhere.

    A link that a reader may follow is none.
    """
    found = []
    for path in sorted(site.rglob("*.html")):
        text = path.read_text("utf-8")
        page = _Page()
        page.feed(text)
        found += [f"{path.relative_to(site)}: {address}" for address in page.fetched]
    for path in sorted([*site.rglob("*.css"), *site.rglob("*.html")]):
        text = path.read_text("utf-8")
        if path.suffix == ".html":
            text = "\n".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL))
        found += [f"{path.relative_to(site)}: {m}" for m in IN_STYLES.findall(text)]
    return found
