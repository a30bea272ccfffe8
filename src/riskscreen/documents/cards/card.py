"""Write a model card: card.md.jinja filled from a record, and its HTML twin."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import pairwise

from jinja2 import Environment
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from riskscreen.documents.cards import values
from riskscreen.documents.cards.record import EvaluationRecord
from riskscreen.documents.markdown import open_markdown
from riskscreen.documents.texts import DANISH, name_gates
from riskscreen.model.events import FEWEST_EVENTS
from riskscreen.spec import Specification


def render_card_files(
    spec: Specification, record: EvaluationRecord, plots: Mapping[str, str]
) -> dict[str, str]:
    """Return the text of ``<target>.md``, its HTML twin and its plots, by file name.

    *plots* are SVG texts by file name; they go into a folder named after the target.
    """
    page, twin = name_card_files(spec.name)
    markdown = (
        _load_templates()
        .get_template("card.md.jinja")
        .render(
            spec=spec,
            record=record,
            plots=plots,
            label=record.find_label,
            group_label=record.describe_group,
            fewest_events=FEWEST_EVENTS,
            net_benefit=values.list_net_benefit(record),
            thresholds=values.THRESHOLDS,
            laid_out=values.LAID_OUT,
            best_rule=values.find_best_rule(spec, record),
            missed_range=values.find_missed_range(record),
            signal=values.find_signal(spec, record),
            shap_values=values.describe_shap_values(record.chosen),
        )
    )
    files = {f"{spec.name}/{name}": svg for name, svg in plots.items()}
    return files | {page: markdown, twin: _render_html(markdown, spec.title.en, files)}


def name_card_files(target: str) -> tuple[str, str]:
    """Return what the card of *target* and its HTML twin are called."""
    return f"{target}.md", f"{target}.html"


def take_first_page(card: str) -> str:
    r"""Return what is to be read first of a card's Markdown: title and both summaries.

    >>> take_first_page("# T\n\n## In short\n\na\n\n## Resumé\n\nb\n\n## More\n")
    '# T\n\n## In short\n\na\n\n## Resumé\n\nb'
    """
    title, *sections = re.sub(r"</?section[^>]*>\n*", "", card).split("\n## ")
    return "\n## ".join([title, *sections[:2]]).strip()


@cache
def _load_templates() -> Environment:
    templates = open_markdown("riskscreen.documents.cards", ".")
    templates.filters |= {
        "percent": values.format_rate,
        "points": values.format_rate_difference,
        "count": values.format_count_or_hidden,
        "share": values.format_share_if_known,
        "percent_da": values.format_rate_da,
        "names": partial(values.list_names, language="en"),
        "names_da": partial(values.list_names, language="da"),
        "gates_da": partial(name_gates, texts=DANISH),
        "sizes": values.format_sizes,
        "bound_source": values.find_bound_source,
        "furthest_from_zero": values.select_furthest,
        "middle": values.format_middle,
        "pull": values.describe_pull,
    }
    return templates


_SUMMARIES = 2
"""Headings before the contents: the card in short, in English and in Danish."""


def _lay_out(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield *tokens* with the contents after the summaries, and tables that scroll.

    What scrolls has a name, and is reached by keyboard.
    """
    headings = [
        (token, inline.content)
        for token, inline in pairwise(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]
    names = {id(token): f"part-{n}" for n, (token, _) in enumerate(headings, start=1)}
    heading, tables = "", 0
    for token, inline in pairwise([*tokens, Token("", "", 0)]):
        if name := names.get(id(token)):
            heading, tables = inline.content, 0
            if len(headings) > _SUMMARIES and token is headings[_SUMMARIES][0]:
                yield _write_contents(
                    [(names[id(of)], words) for of, words in headings[_SUMMARIES:]]
                )
            token.attrSet("id", name)
        if token.type == "table_open":
            tables += 1
            label = escape(heading if tables == 1 else f"{heading}, {tables}")
            yield _build_html(
                f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">'
            )
        yield token
        if token.type == "table_close":
            yield _build_html("</div>")


def _write_contents(parts: Sequence[tuple[str, str]]) -> Token:
    links = "".join(
        f'<li><a href="#{name}">{escape(words)}</a></li>' for name, words in parts
    )
    return _build_html(f'<nav aria-label="Contents"><ul>{links}</ul></nav>')


def _build_html(text: str) -> Token:
    return Token("html_block", "", 0, content=f"{text}\n")


def _render_html(markdown: str, title: str, plots: Mapping[str, str]) -> str:
    """Return the card as one self-contained page, its plots inside.

    HTML of the template passes; values cannot hold any, for each is escaped.
    """
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = [*_lay_out(parser.parse(markdown))]
    for cell, content in pairwise(tokens):
        # A figure with its interval stays on one line.
        if cell.type == "td_open" and content.content[:1] in {*"0123456789+-"}:
            cell.attrSet("class", "n")
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                svg = plots[str(child.attrGet("src"))].encode()
                source = f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
                child.attrSet("src", source)
    body = parser.renderer.render(tokens, parser.options, {})
    shell = _load_templates().get_template("card.html.jinja")
    return shell.render(title=escape(title), body=Markup(body))
