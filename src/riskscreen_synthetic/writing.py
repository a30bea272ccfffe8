"""The site folder: all that a synthetic municipality delivers, its truth apart."""

from pathlib import Path

from riskscreen_synthetic.municipality import SyntheticSite, Target
from riskscreen_synthetic.parameters import MARKS
from riskscreen_synthetic.tables import build_dream_tables


def write_site(site: SyntheticSite, folder: Path) -> None:
    """Write *site* into *folder*, which the caller stages if it is to be kept."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text(_format_site_toml(site), encoding="utf-8")
    (folder / "PROVENANCE").write_text(_describe_provenance(site), encoding="utf-8")
    site.history.to_parquet(folder / "history.parquet", index=False)
    for form, table in zip(
        ("wide", "long"), build_dream_tables(site.history, site.parameters), strict=True
    ):
        table.to_csv(folder / f"dream_{form}.csv", index=False)
    if site.code_groups is not None:
        site.code_groups.to_csv(folder / "code_groups.csv", index=False)
    if site.employment is not None:
        site.employment.to_parquet(folder / "employment.parquet", index=False)
    if site.efforts is not None:
        site.efforts.to_parquet(folder / "efforts.parquet", index=False)
    for name, followed in site.follow_up.items():
        followed.to_parquet(folder / f"{name}.parquet", index=False)
    if site.reform is not None:
        (folder / "reforms.csv").write_text(_format_reforms(site), encoding="utf-8")
    for name, target in site.targets.items():
        (folder / name).mkdir()
        target.cases.to_parquet(folder / name / "cases.parquet", index=False)
        target.audit.to_parquet(folder / name / "audit.parquet", index=False)
    _write_truth(site, folder / "truth")


def _write_truth(site: SyntheticSite, folder: Path) -> None:
    """Write the truth of each target that has one."""
    folder.mkdir()
    for name, target in site.targets.items():
        if len(target.truth):
            target.truth.to_parquet(folder / f"{name}.parquet", index=False)
        if target.landmarks is not None:
            path = folder / f"{name}_landmarks.parquet"
            target.landmarks.to_parquet(path, index=False)


def _format_site_toml(site: SyntheticSite) -> str:
    """Return what the site states: all else is found by the tables' names."""
    intake = [
        f'[intake.{name}]\npath = "intake/{name}/cases.csv"\n'
        for name in sorted(site.targets)
    ]
    head = (
        'name = "Eksempelby Kommune"\n'
        f"extract_date = {site.parameters['calendar']['extract_date']}\n"
        "synthetic = true\n"
    )
    carry_weeks = site.parameters["places"]["carry_weeks"]
    places = [
        f'[places.{name}]\nshared_by = "site"\n'
        f"per_week = {_count_places(site, target)}\ncarry_weeks = {carry_weeks}\n"
        for name, target in sorted(site.targets.items())
    ]
    return "\n".join([head, *intake, *places])


def _format_reforms(site: SyntheticSite) -> str:
    """Return the site's list of known changes: one of each target's population."""
    rows = [
        f"{site.reform},population:{name},en reform,opdigtet\n"
        for name in sorted(site.targets)
    ]
    return "".join(["date,affects,what,source\n", *rows])


def _count_places(site: SyntheticSite, target: Target) -> float:
    """Return the places a week: a share of the cases that arrive, whatever the size."""
    days = target.cases["decision_date"]
    weeks: float = max((days.max() - days.min()).days / 7, 1.0)
    share = site.parameters["places"]["share_of_arrivals"]
    return max(0.5, round(float(share) * len(target.cases) / weeks, 1))


def _describe_provenance(site: SyntheticSite) -> str:
    odds = site.parameters["leaving"]["odds"]
    times = "" if odds == 1 else f", odds of leaving times {odds:g}"
    head = (
        "A synthetic municipality: no row in this folder is about a real person.\n"
        "The parameters were stated before the first fit. Some sizes of effects were\n"
        "moved afterwards, to bring base rates and the best possible AUC into their\n"
        "bands and with models of earlier versions in view: how much of the signal a\n"
        "model captures here is not wholly independent of them.\n\n"
        f"Shape {site.parameters.shape}, seed {site.seed}{times}. "
        "Parameters by their mark: "
        f"{', '.join(f'{site.parameters.marks.get(m, 0)} {m}' for m in MARKS)}.\n\n"
    )
    return head + "\n".join(site.parameters.lines) + "\n"
