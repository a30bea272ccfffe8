"""Validate one target: rolling origin, and each municipality left out.

The story is riskscreen.stories.validate; the command: `riskscreen validate`.
"""

from riskscreen.cli.training import validate
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(validate)
