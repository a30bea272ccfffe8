"""The same history features with polars, pandas and duckdb, as fast as we could.

Run by benchmarks/history.py: python history_peers.py TOOL FOLDER. It reads spells and
cases as integers, times the best of three computations in memory, writes the features
for comparison and prints the seconds as JSON. The data has no overlapping or touching
spells, so the peers need not look for any; riskscreen's kernel does.
"""

# A tool is imported where it is used: no one place needs to have all of them.
# ruff: noqa: PLC0415

import json
import sys
import time
from pathlib import Path

import numpy as np

WINDOWS = (28, 91, 182, 364, 1092, 1820)
LONGEST = max(WINDOWS)
GROUPS = 9
COURSE_ENDS = 28


def polars_seconds(folder):
    import polars as pl

    spells = pl.read_parquet(folder / "spells.parquet")
    cases = pl.read_parquet(folder / "cases.parquet")
    far, near = pl.col("until") - pl.col("a"), pl.col("until") - pl.col("b")

    def pieces():
        since = pl.col("until") - LONGEST
        return (
            spells.lazy()
            .join(cases.lazy(), on="person")
            .filter((pl.col("start") < pl.col("until")) & (pl.col("end") > since))
            .with_columns(
                a=pl.max_horizontal("start", since), b=pl.min_horizontal("end", "until")
            )
            .with_columns(
                near=near,
                far=far,
                back=pl.col("until") - pl.col("start"),
                **{
                    f"w{w}": pl.min_horizontal(far, w) - pl.min_horizontal(near, w)
                    for w in WINDOWS
                },
            )
        )

    def overall():
        shift = pl.col("group") != pl.col("group").shift()
        gap = (pl.col("a") - pl.col("b").shift()).max().fill_null(0)
        edge = pl.max_horizontal(LONGEST - pl.col("far").max(), pl.col("near").min())
        current = pl.col("near") == 0
        return [
            pl.col("group").filter(current).first().fill_null(GROUPS).alias("state"),
            pl.col("far").filter(current).first().alias("length"),
            pl.col("near").min().alias("ago"),
            (shift & (pl.col("back") <= 364)).sum().alias("shifts_364"),
            shift.sum().alias("shifts_1820"),
            *((1 - pl.col(f"w{w}").sum() / w).alias(f"free_{w}") for w in WINDOWS),
            (pl.max_horizontal(gap, edge) >= COURSE_ENDS).alias("ever"),
        ]

    def finished(table, columns):
        state_weeks = pl.col("length").fill_null(pl.col("ago")) / 7
        return (
            cases.lazy()
            .select("person")
            .join(table, on="person", how="left", maintain_order="left")
            .with_columns(state_weeks=state_weeks)
            .select(columns)
            .collect()
        )

    def of_group(group):
        own = pl.col("group") == group
        length = (pl.col("far") - pl.col("near")).filter(own)
        return [
            *(
                (pl.col(f"w{w}").filter(own).sum() / 7).alias(f"g{group}_{w}")
                for w in WINDOWS
            ),
            own.sum().alias(f"g{group}_spells"),
            (pl.col("near").filter(own).min() / 7).alias(f"g{group}_since"),
            (length.max() / 7).alias(f"g{group}_longest"),
        ]

    def in_one_aggregation():
        by_group = [e for g in range(GROUPS) for e in of_group(g)]
        table = pieces().group_by("person").agg(*by_group, *overall())
        return finished(table, names())

    def by_case_and_group():
        """Sums per case and group first, then spread out: fewer filters per row."""
        rows = pieces().collect().lazy()
        small = rows.group_by("person", "group").agg(
            *((pl.col(f"w{w}").sum() / 7).alias(str(w)) for w in WINDOWS),
            pl.len().alias("spells"),
            (pl.col("near").min() / 7).alias("since"),
            ((pl.col("far") - pl.col("near")).max() / 7).alias("longest"),
        )
        table = rows.group_by("person").agg(*overall())
        for group in range(GROUPS):
            own = small.filter(pl.col("group") == group).drop("group")
            named = own.rename(lambda c, g=group: c if c == "person" else f"g{g}_{c}")
            table = table.join(named, on="person", how="left")
        return finished(table, names())

    return best_of(in_one_aggregation, by_case_and_group)


def pandas_seconds(folder):
    import pandas as pd

    spells = pd.read_parquet(folder / "spells.parquet")
    cases = pd.read_parquet(folder / "cases.parquet")

    def computed():
        rows = spells.merge(cases, on="person")
        since = rows["until"] - LONGEST
        rows = rows[(rows["start"] < rows["until"]) & (rows["end"] > since)]
        until = rows["until"].to_numpy()
        a = np.maximum(rows["start"].to_numpy(), until - LONGEST)
        b = np.minimum(rows["end"].to_numpy(), until)
        far, near = until - a, until - b
        back = until - rows["start"].to_numpy()
        person, group = rows["person"].to_numpy(), rows["group"].to_numpy()
        own = {"person": person, "group": group, "near": near, "length": far - near}
        own |= {w: np.minimum(far, w) - np.minimum(near, w) for w in WINDOWS}
        frame = pd.DataFrame(own)
        sums = frame.groupby(["person", "group"])[list(WINDOWS)].sum() / 7
        others = frame.groupby(["person", "group"]).agg(
            spells=("near", "size"), since=("near", "min"), longest=("length", "max")
        )
        others[["since", "longest"]] /= 7
        wide = pd.concat([sums, others], axis=1).unstack("group")
        wide.columns = [f"g{g}_{name}" for name, g in wide.columns]
        first = np.append(True, person[1:] != person[:-1])
        shift = ~first & np.append(False, group[1:] != group[:-1])
        gap = np.where(first, LONGEST - far, a - np.append(0, b[:-1]))
        current = near == 0
        frame = pd.DataFrame(
            {
                "person": person,
                "state": np.where(current, group, GROUPS),
                "length": np.where(current, far, -1),
                "near": near,
                "gap": gap,
                "shifts_364": shift & (back <= 364),
                "shifts_1820": shift,
            }
        )
        by = frame.groupby("person")
        table = by.agg(
            {"state": "min", "length": "max", "near": "min", "gap": "max"}
            | {"shifts_364": "sum", "shifts_1820": "sum"}
        )
        table["state_weeks"] = table["length"].where(
            table["length"] >= 0, table["near"]
        )
        table["state_weeks"] /= 7
        table["ever"] = table[["gap", "near"]].max(axis=1) >= COURSE_ENDS
        total = pd.DataFrame({"person": person, **{w: own[w] for w in WINDOWS}})
        total = total.groupby("person").sum()
        for w in WINDOWS:
            table[f"free_{w}"] = 1 - total[w] / w
        table = wide.join(table).reindex(cases["person"])
        return table[names()]

    return best_of(computed)


def duckdb_seconds(folder):
    import duckdb

    here = duckdb.connect()
    here.execute("SET threads = 1")
    for name in ("spells", "cases"):
        file = folder / f"{name}.parquet"
        here.execute(f"CREATE TABLE {name} AS SELECT * FROM '{file}'")
    sums = ",\n".join(
        f"sum(least(far, {w}) - least(near, {w})) FILTER (WHERE grp = {g}) / 7 g{g}_{w}"
        for g in range(GROUPS)
        for w in WINDOWS
    )
    spells = ",\n".join(
        f"count(*) FILTER (WHERE grp = {g}) g{g}_spells, "
        f"min(near) FILTER (WHERE grp = {g}) / 7 g{g}_since, "
        f"max(far - near) FILTER (WHERE grp = {g}) / 7 g{g}_longest"
        for g in range(GROUPS)
    )
    free = ",\n".join(
        f"1 - sum(least(far, {w}) - least(near, {w})) / {w} free_{w}" for w in WINDOWS
    )
    query = f"""
        WITH piece AS (
            SELECT person, "group" grp, until - start back,
                   least(until - start, {LONGEST}) far,
                   until - least("end", until) near
            FROM spells JOIN cases USING (person)
            WHERE start < until AND "end" > until - {LONGEST}
        ), next AS (
            SELECT *, lag(grp) OVER own before, lag(near) OVER own - far gap
            FROM piece WINDOW own AS (PARTITION BY person ORDER BY back DESC)
        ), features AS (
            SELECT person, {sums}, {spells}, {free},
                coalesce(min(grp) FILTER (WHERE near = 0), {GROUPS}) state,
                coalesce(max(far) FILTER (WHERE near = 0), min(near)) / 7 state_weeks,
                count(*) FILTER (WHERE grp != before AND back <= 364) shifts_364,
                count(*) FILTER (WHERE grp != before) shifts_1820,
                greatest(max(gap), min(near), {LONGEST} - max(far))
                    >= {COURSE_ENDS} ever
            FROM next GROUP BY person
        )
        SELECT {", ".join(names())} FROM cases LEFT JOIN features USING (person)
        ORDER BY person
    """
    return best_of(lambda: here.execute(query).to_arrow_table().to_pandas())


def names():
    """The columns in the order of riskscreen's."""
    groups = [
        f"g{g}_{part}"
        for g in range(GROUPS)
        for part in (*WINDOWS, "spells", "since", "longest")
    ]
    free = [f"free_{w}" for w in WINDOWS]
    return [*groups, "state", "state_weeks", "shifts_364", "shifts_1820", *free, "ever"]


def best_of(*ways):
    """Processor seconds of the fastest of three runs of each way, and what it gave."""
    seconds, result = float("inf"), None
    for way in ways:
        for _ in range(3):
            begin = time.process_time()
            result = way()
            seconds = min(seconds, time.process_time() - begin)
    return seconds, result


TOOLS = {"polars": polars_seconds, "pandas": pandas_seconds, "duckdb": duckdb_seconds}


if __name__ == "__main__":
    tool, place = sys.argv[1], Path(sys.argv[2])
    seconds, table = TOOLS[tool](place)
    values = np.column_stack(
        [np.asarray(table[name], dtype=np.float64) for name in names()]
    )
    np.save(place / f"{tool}.npy", values)
    print(json.dumps({"seconds": seconds}))
