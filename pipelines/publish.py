"""Approve the candidate of one target, if it passes its gates.

The story is riskscreen.stories.publish; the command: `riskscreen publish`.
"""

from riskscreen.cli.registry import publish
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(publish)
