"""Train one target on a site's folder, and register the candidate.

The story is riskscreen.stories.train; the command: `riskscreen train`.
"""

from riskscreen.cli.training import train
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(train)
