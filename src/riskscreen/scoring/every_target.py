"""Every target of a site's intake in one run: one folder, one summary.

What one target is refused for costs the others nothing.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from riskscreen.errors import (
    SET_ASIDE_EXIT,
    FileError,
    NotApprovedError,
    ScreeningError,
    StoppedError,
    UntrustedApprovalError,
)
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.readers.site import Site
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.scoring.batch import (
    MADE_BY,
    SUMMARY,
    Delivery,
    Keeping,
    keep_nothing,
    score_into,
)
from riskscreen.scoring.run_summary import RunSummary
from riskscreen.scoring.site import deliver_from_site
from riskscreen.scoring.writer import CSV_UP_TO, ScoreWriter
from riskscreen.sheets import CsvFor


@dataclass(frozen=True, slots=True)
class SiteRun:
    """What became of each target of the intake: scored, refused or without a model.

    ``models`` are those that scored, ``refused`` the errors of the targets that could
    not be scored, ``unapproved`` what is said of those that nobody approved.
    """

    models: Mapping[str, ApprovedModel]
    runs: Mapping[str, RunSummary]
    refused: Mapping[str, ScreeningError]
    unapproved: Mapping[str, str]

    @property
    def exit_code(self) -> int:
        """The first refusal's; else the one for rows set aside, or 0."""
        for error in self.refused.values():
            return error.exit_code
        aside = any(run.rows_set_aside for run in self.runs.values())
        return SET_ASIDE_EXIT if aside else 0

    def describe(self) -> list[str]:
        """Describe the run in lines for whoever started it; refusals stand apart."""
        lines = []
        for target, run in self.runs.items():
            lines += [self.models[target].words, *run.describe(), ""]
        lines += [f"Not scored: {words}" for words in self.unapproved.values()]
        return lines

    def describe_refusals(self) -> list[str]:
        """Describe why which targets were not scored."""
        return [f"{target}: {error}" for target, error in self.refused.items()]


@guarded
def score_site(  # noqa: PLR0913  (what is scored, and how it is written)
    site: Site,
    open_model: Callable[[str], ApprovedModel],
    *,
    out: Path,
    scored_at: str,
    as_of: date | None = None,
    accept_unknown_codes: bool = False,
    inputs: Sequence[Path | None] = (),
    reporter: Reporter | None = None,
    csv_for: CsvFor = "programs",
    csv_up_to: float = CSV_UP_TO,
    keeping: Keeping = keep_nothing,
) -> SiteRun:
    """Score each target whose open cases *site* states into a folder of *out*.

    *out* has a folder a target, as score_files writes it, and one summary.json.
    *open_model* opens the approved model of a target. Raises FileError where no intake
    is stated, NotApprovedError where no target has an approved model, StoppedError
    where the site is stopped meanwhile, and the first refusal where no target could be
    scored: then *out* is as it was.
    """
    reporter = reporter or SilentReporter()
    asked = _open_each(site, open_model, as_of=as_of)
    refused, runs = dict(asked.refused), dict[str, RunSummary]()
    read = [file for of in asked.deliveries.values() for file in of.list_files()]
    with stage_folder(out, made_by=MADE_BY, inputs=[*read, *inputs]) as folder:
        for target, delivered in asked.deliveries.items():
            reporter.say(f"{target}:")
            part, model = folder / target, asked.models[target].model
            part.mkdir(mode=0o700)
            try:
                writer = ScoreWriter(
                    part,
                    model.spec,
                    scored_at=scored_at,
                    csv_for=csv_for,
                    csv_up_to=csv_up_to,
                )
                runs[target] = score_into(
                    writer,
                    model,
                    replace(delivered, accept_unknown_codes=accept_unknown_codes),
                    out=out / target,
                    reporter=reporter,
                    keeping=keeping,
                )
            except StoppedError:
                raise
            except ScreeningError as error:
                shutil.rmtree(part)
                refused[target] = error
        if not runs:
            raise next(iter(refused.values()))
        scored = {target: asked.models[target] for target in runs}
        run = SiteRun(scored, runs, refused, asked.unapproved)
        write_json(folder / SUMMARY, _build_summary(run, scored_at))
    return run


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be scored by which model, and what of the intake cannot be."""

    models: Mapping[str, ApprovedModel]
    deliveries: Mapping[str, Delivery]
    refused: Mapping[str, ScreeningError]
    unapproved: Mapping[str, str]


def _open_each(
    site: Site, open_model: Callable[[str], ApprovedModel], *, as_of: date | None
) -> _Asked:
    """Open the model of each target of the intake and find its tables.

    Raises FileError where no intake is stated, NotApprovedError where no target has an
    approved model.
    """
    models: dict[str, ApprovedModel] = {}
    deliveries: dict[str, Delivery] = {}
    refused: dict[str, ScreeningError] = {}
    unapproved: dict[str, str] = {}
    for target in site.stated.intake:
        try:
            approved = open_model(target)
            deliveries[target] = deliver_from_site(site, approved.model, as_of=as_of)
            models[target] = approved
        except UntrustedApprovalError as error:  # a fault: somebody meant it to score
            refused[target] = error
        except NotApprovedError as error:
            unapproved[target] = str(error)
        except ScreeningError as error:
            refused[target] = error
    if not (models or refused or unapproved):
        raise FileError(
            f"{site.folder}: no [intake.<target>] in site.toml, so nothing is to be "
            "scored. State one."
        )
    if not (models or refused):
        raise NotApprovedError(" ".join(unapproved.values()))
    return _Asked(models, deliveries, refused, unapproved)


def _build_summary(run: SiteRun, scored_at: str) -> dict[str, object]:
    """Build the content of the one summary.json; each target has its own as well."""
    return {
        "scored_at": scored_at,
        "exit_code": run.exit_code,
        "targets": {
            target: {
                "model_version": run.models[target].version,
                "counts": dict(of.counts),
                "warnings": list(of.list_warnings()),
            }
            for target, of in run.runs.items()
        },
        "refused": {
            target: {
                "error": type(error).__name__,
                "exit_code": error.exit_code,
                "words": str(error),
            }
            for target, error in run.refused.items()
        },
        "without_an_approved_model": dict(run.unapproved),
    }
