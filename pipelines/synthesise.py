"""Make a municipality that does not exist: cases, history, intake and true risks.

The story is riskscreen.stories.synthesise; the command: `riskscreen synthesise`.
"""

from riskscreen.cli.synthetic import synthesise
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(synthesise)
