"""What the run says in the papers: sentences by figure, of aggregates alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from riskscreen.documents.pages.follow_up_page import Section
from riskscreen.documents.pages.formats import format_date, format_figure, lower_first
from riskscreen.documents.pages.information import (
    describe_audited,
    describe_not_used,
    name_ideas,
)
from riskscreen.documents.pages.letters import describe_confirmed
from riskscreen.documents.texts import DANISH
from riskscreen.papers.model_figures import PaperModel, describe_models, map_titles
from riskscreen.papers.questions import read_papers, say_line
from riskscreen.readers.letter_text import read_letter_text
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import STATEMENTS
from riskscreen.store.decisions import FollowRate


@dataclass(frozen=True, slots=True)
class Run:
    """All that the papers are made from.

    ``monitoring`` is what a monitoring tells leaders, a section a target, and ``rates``
    how often each team follows a proposal; both are empty where nobody can tell.
    """

    site: Site
    models: tuple[PaperModel, ...]
    monitoring: tuple[Section, ...] = ()
    rates: tuple[FollowRate, ...] = ()


def gather_lines(run: Run) -> dict[str, tuple[str, ...]]:
    """Return the lines from the run by their name: figures, and what always holds."""
    papers = read_papers()
    builders = [one.builder for one in run.models]
    of_all = {
        "site": _describe_site(run.site),
        "used": [DANISH["information"]["used"].format(words=name_ideas(builders))],
        "audited": filter(None, [describe_audited(builders)]),
        "not_used": [describe_not_used(builders[0])],
        "signatures": [_describe_signatures(run.site)],
        "sign_in": [say_line("sign_in" if run.site.stated.pages else "sign_in_none")],
        "max_age": [_describe_max_age(run.site)],
        "letters": [_describe_letters(run.site)],
        "information_text": _describe_information(run.site),
        "experiment": _describe_experiment(run),
        "monitoring": _describe_monitoring(run.monitoring),
        "follow_rates": _describe_rates(run),
    }
    lines = {name: (text,) for name, text in papers.statements.items()}
    lines |= {name: tuple(found) for name, found in of_all.items()}
    return lines | describe_models(run.models)


def _describe_site(site: Site) -> Iterator[str]:
    yield say_line("site", name=site.name, day=format_date(site.extract_date, DANISH))
    if site.synthetic:
        yield say_line("synthetic")


def _describe_signatures(site: Site) -> str:
    keys = site.stated.trust.approval_keys
    return (
        say_line("signatures", n=str(len(keys)))
        if keys
        else say_line("signatures_none")
    )


def _describe_max_age(site: Site) -> str:
    days = site.stated.max_age_days
    return (
        say_line("max_age_none")
        if days is None
        else say_line("max_age", days=str(days))
    )


def _describe_letters(site: Site) -> str:
    confirmed = describe_confirmed(read_letter_text(site, "da").rights, DANISH)
    if not confirmed:
        return say_line("rights_none")
    return say_line("rights_confirmed", confirmed=lower_first(confirmed))


def _describe_information(site: Site) -> Iterator[str]:
    """Yield the site's own text to those who trained the models, if it is confirmed."""
    text = read_letter_text(site, "da").information
    if text is None:
        yield say_line("information_none")
        return
    confirmed = describe_confirmed(text, DANISH)
    yield say_line("information_confirmed", confirmed=lower_first(confirmed))
    yield from text.paragraphs


def _describe_experiment(run: Run) -> Iterator[str]:
    """Yield what the site states of extra places by lot; nothing where it has none."""
    plan = run.site.stated.experiment
    if plan is None:
        return
    title = map_titles(run.models).get(plan.target)
    yield say_line(
        "experiment",
        title=lower_first(title) if title else plan.target,
        n=format_figure(plan.extra_per_week, DANISH, decimals=1),
        first=format_date(plan.start_date, DANISH),
        last=format_date(plan.end_date, DANISH),
    )
    for name in STATEMENTS:
        said = " ".join(getattr(plan, name).split())
        yield say_line(f"experiment_{name}", said=said)


def _describe_monitoring(sections: Sequence[Section]) -> Iterator[str]:
    """Yield what was expected beside what was observed, a row a horizon."""
    for section in sections:
        for table in section.tables:
            yield f"{table.title}. {table.note}"
            for when, *cells in table.rows:
                named = zip(table.columns[1:], cells, strict=True)
                figures = [
                    f"{lower_first(of)} {c.text}" for of, c in named if c.text != "–"
                ]
                yield f"{when.text}: {', '.join(figures)}."
    if not sections:
        yield say_line("monitoring_none")


def _describe_rates(run: Run) -> Iterator[str]:
    titles = map_titles(run.models)
    rates = [rate for rate in run.rates if rate.target in titles]
    for rate in rates:
        words = {
            "title": titles[rate.target],
            "team": f"{rate.municipality}/{rate.team}",
        }
        if rate.low is None:
            yield say_line("follow_rate_few", **words)
        else:
            yield say_line(
                "follow_rate", low=str(rate.low), high=str(rate.high), **words
            )
    if not rates:
        yield say_line("follow_rate_none")
