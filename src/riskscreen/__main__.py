"""Run ``python -m riskscreen`` as the command ``riskscreen``."""

from riskscreen.cli import main

main()
