"""Evaluate a model on its test cases, or on another municipality.

The story is riskscreen.stories.evaluate; the command: `riskscreen evaluate`.
"""

from riskscreen.cli.training import evaluate
from riskscreen.terminal import run_story

if __name__ == "__main__":
    run_story(evaluate)
