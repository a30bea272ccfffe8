"""Recalibrate a model on newly matured labels.

The story is riskscreen.stories.recalibrate; the command: `riskscreen recalibrate`.
"""

from riskscreen.cli.training import recalibrate
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(recalibrate)
