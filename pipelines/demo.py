"""Run the whole product on a municipality that does not exist.

The story is riskscreen.stories.demo; the command: `riskscreen demo`.
"""

from riskscreen.cli.synthetic import demo
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(demo)
