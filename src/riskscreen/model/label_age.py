"""How old the newest label of a model is, and until when it proposes by what it learnt.

An outcome changes with law, practice and labour market; a model that has seen none of
the newest years goes on proposing by how things were.
"""

from dataclasses import dataclass
from datetime import date

from riskscreen.model.risk_model import RiskModel
from riskscreen.timeline import add_months, count_months

WARNED_MONTHS_BEFORE = 3
"""A recalibration is a small job, its approval is not: a quarter to do both in."""


@dataclass(frozen=True, slots=True)
class LabelAge:
    """The day that the newest label of *target* was known, and what follows *on* a day.

    Nobody is proposed after ``proposes_until``, and ``warned_from`` is when that is
    first said.
    """

    target: str
    newest: date
    on: date
    warned_from: date
    proposes_until: date

    @property
    def outdated(self) -> bool:
        """Whether the label is too old for anybody to be proposed."""
        return self.on > self.proposes_until

    @property
    def warned(self) -> bool:
        """Whether it will soon be."""
        return self.warned_from <= self.on <= self.proposes_until

    @property
    def months(self) -> int:
        """How many whole months old the label is; 0 where it is not a month."""
        return max(count_months(self.newest, self.on), 0)

    def to_json(self) -> dict[str, str | bool]:
        """Return what the pages of a run say of it."""
        return {
            "newest": self.newest.isoformat(),
            "proposes_until": self.proposes_until.isoformat(),
            "warned": self.warned,
            "outdated": self.outdated,
        }

    def describe(self) -> str:
        """Return how old the label is, what follows and which command renews it.

        >>> day = date.fromisoformat
        >>> LabelAge("t", day("2024-01-31"), day("2025-07-01"), day("2025-04-30"),
        ...          day("2025-07-31")).describe().partition(":")[0]
        'The newest label was known on 2024-01-31, 17 months before 2025-07-01'
        """
        return (
            f"The newest label was known on {self.newest}, {self.months} "
            f"month{'s' * (self.months != 1)} before {self.on}: see "
            "delivery.max_label_age_months. On any day after "
            f"{self.proposes_until} cases are scored and nobody is proposed. For newer "
            f"labels run riskscreen recalibrate {self.target} --site SITE "
            "--out FOLDER."
        )


def warn_of_label_age(age: LabelAge | None) -> tuple[str, ...]:
    """Return the warning of labels that will soon be too old or are; else nothing."""
    if age is None or not (age.warned or age.outdated):
        return ()
    return (age.describe(),)


def find_newest_month(model: RiskModel) -> str | None:
    """Return the newest month (yyyy-mm) of a decision whose outcome *model* has seen.

    By its training or by its recalibration; None where its cases carry no dates.
    """
    months = model.notes.get("decided")
    if not months:
        return None
    since = model.notes.get("recalibrated", {}).get("decided", months)
    return str(max(months[1], since[1]))


def judge_label_age(model: RiskModel, *, on: date) -> LabelAge | None:
    """Return how old the newest label of *model* is *on* a day.

    None where no day is known: the cases that it learnt from carry no dates, or an
    earlier release trained it.
    """
    newest = model.notes.get("newest_label")
    if newest is None:
        return None
    known, months = date.fromisoformat(newest), model.spec.delivery.max_label_age_months
    return LabelAge(
        target=model.spec.name,
        newest=known,
        on=on,
        warned_from=add_months(known, max(months - WARNED_MONTHS_BEFORE, 0)),
        proposes_until=add_months(known, months),
    )
