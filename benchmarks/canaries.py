"""Plant canaries in a site; search what training, MLflow, export and cards hold.

    python -m benchmarks.canaries

The doors without a training are tests/test_canaries.py. Here a model is trained on a
synthetic site in whose tables a name and address stands wherever a cell, a heading, a
code or a level can hold one, and a person number where a key can; it is logged to a
SQLite registry, exported and put on a card, all under umask 000. Every text that was
printed or logged and every byte that was written is searched, and the modes are told.
"""

import contextlib
import io
import logging
import os
import stat
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
from rich.console import Console

from riskscreen.progress import ConsoleReporter
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.spec import read_specification
from riskscreen.spec.printed import format_specification
from riskscreen.stories.train import train
from riskscreen_synthetic import synthesise_site, write_site
from tests.field import doors

TEXT, NUMBER = "Kanarieholm Alle 4", "070761-4285"
WORDS = (b"kanarieholm", b"070761-4285", b"0707614285")
MODES = {0o600, 0o700}
CASES = 300
"""About so many in all: judging them takes two minutes of a processor."""
SPEC = doors.cheap_specification()


def main() -> None:
    """Train, log, export; print what was planted, searched and found."""
    with tempfile.TemporaryDirectory() as place:
        found, searched, modes = trial(Path(place))
    print(f"canaries planted: {len(PLACES)} places; files searched: {searched}")
    print(f"found: {sum(found.values())} {dict(found) or ''}")
    print(f"modes: {', '.join(sorted(f'{mode:04o}' for mode in modes))}")
    if found or modes - MODES:
        raise SystemExit(1)


def trial(place: Path) -> tuple[Counter[str], int, set[int]]:
    """Canaries by file, how many files were searched, and the modes of all of them."""
    site = place / "site"
    write_site(synthesise_site(cases=CASES, years=5, seed=5), site)
    plant(site, SPEC.name)
    spec = place / "specification.toml"
    spec.write_text(format_specification(SPEC), encoding="utf-8")
    before, printed = os.umask(0), io.StringIO()
    handler = logging.StreamHandler(printed)
    logging.getLogger().addHandler(handler)
    written = place / "written"
    (written / "registry").mkdir(parents=True)
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            uri = f"sqlite:///{written}/registry/mlflow.db"
            train(
                read_specification(spec),
                read_site(site),
                written / "out",
                tracking_uri=uri,
                cards=written / "cards",
                reporter=ConsoleReporter(Console(file=printed)),
            )
            registry = Registry(uri)
            candidate = registry.find_candidate(SPEC.name)
            registry.export(candidate, written / "exported")
    finally:
        os.umask(before)
        logging.getLogger().removeHandler(handler)
    paths = [path for path in written.rglob("*") if path.is_file()]
    texts = {str(path.relative_to(written)): path.read_bytes() for path in paths}
    texts["what was printed"] = printed.getvalue().encode()
    found = Counter({n: count for n, t in texts.items() if (count := _count(t))})
    modes = {stat.S_IMODE(path.stat().st_mode) for path in written.glob("*/**/*")}
    return found, len(texts), modes


def _count(content: bytes) -> int:
    return sum(content.lower().count(word) for word in WORDS)


def in_codes(history: pd.DataFrame) -> pd.DataFrame:
    """A code of one person in a dozen rows, and one of seven persons."""
    one = pd.concat([history.head(1)] * 12)
    seven = history.drop_duplicates("person_id").iloc[20:27]
    more = pd.concat([one, seven]).assign(code=TEXT)
    return pd.concat([history, more], ignore_index=True)


PLACES = {
    "an undeclared heading of cases": ("cases", lambda t: t.assign(**{TEXT: "x"})),
    "free text of cases": ("cases", lambda t: t.assign(note=TEXT)),
    "a level": ("cases", lambda t: _cell(t, 1, "education_level", TEXT)),
    "a number": ("cases", lambda t: _cell(t, 2, "travel_km", TEXT)),
    "a flag": ("cases", lambda t: _cell(t, 3, "manual_work", TEXT)),
    "a date": ("cases", lambda t: _cell(t, 4, "start_date", TEXT)),
    "a municipality": ("cases", lambda t: _cell(t, 5, "municipality", TEXT)),
    "a team": ("cases", lambda t: _cell(t, 6, "team", TEXT)),
    "a person number as a key": ("cases", lambda t: _cell(t, 7, "case_id", NUMBER)),
    "a key": ("cases", lambda t: _cell(t, 8, "case_id", TEXT)),
    "codes": ("history", in_codes),
    "a heading of the history": ("history", lambda t: t.assign(**{TEXT: TEXT})),
    "an audit heading": ("audit", lambda t: t.assign(**{TEXT: TEXT})),
    "an audit level": ("audit", lambda t: _cell(t, 9, "audit_sex", TEXT)),
    "a declared audit level": ("audit", lambda t: _cell(t, 10, "audit_age_band", TEXT)),
}


def _cell(table: pd.DataFrame, row: int, name: str, value: str) -> pd.DataFrame:
    table = table.assign(**{name: table[name].astype("object")})
    table.loc[table.index[row], name] = value
    return table.assign(**{name: table[name].astype("str")})


def plant(site: Path, target: str) -> None:
    """Write every canary of PLACES into the tables of *site*, as CSV."""
    places = {
        "cases": site / target / "cases",
        "audit": site / target / "audit",
        "history": site / "history",
    }
    for name, stem in places.items():
        (path,) = stem.parent.glob(f"{stem.name}.*")
        read = pd.read_parquet if path.suffix == ".parquet" else _read_csv
        table = read(path)
        for of, change in PLACES.values():
            table = change(table) if of == name else table
        path.unlink()
        table.to_csv(stem.with_suffix(".csv"), sep=";", index=False)


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep=None, engine="python", dtype="str")


if __name__ == "__main__":
    main()
