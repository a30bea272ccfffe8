"""Set a model's thresholds to the places that a site states now.

The story is riskscreen.stories.set_places; the command: `riskscreen set-places`.
"""

from riskscreen.cli.training import set_places
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(set_places)
