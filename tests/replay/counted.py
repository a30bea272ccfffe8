"""The cases of a replay, written out."""

import pandas as pd

SIZES = {"both": 20, "model": 15, "practice": 30, "neither": 40}


def list_cases(sizes=SIZES):
    """Each group's cases: two of three are long; by weekday as they come."""
    rows = []
    for group, n in sizes.items():
        chosen = group in ("both", "practice")
        for place in range(n):
            is_long = place % 3 != 0
            rows.append(
                {
                    "fate": "scored",
                    "proposed": group in ("both", "model"),
                    "proposed_with_more": group in ("both", "model")
                    or (group == "neither" and place < 20),
                    "decision_date": pd.Timestamp("2024-01-01")
                    + pd.Timedelta(days=5 * (place % 2)),
                    "team": "Nord",
                    "chosen": chosen,
                    "under_way": False,
                    "days": 10.0 if chosen else float("nan"),
                    "weeks": 8.0 if chosen else float("nan"),
                    "outcome": "long" if is_long else "not long",
                    "state": "sick" if is_long else "work",
                    "kind": "x",
                }
            )
    return pd.DataFrame(rows)
