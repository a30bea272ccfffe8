"""What a gate may say of a model; an approval keeps it, and each score hangs on it."""

from typing import Literal

Verdict = Literal["pass", "refuse", "too few"]
PASS: Verdict = "pass"
REFUSE: Verdict = "refuse"
TOO_FEW: Verdict = "too few"
