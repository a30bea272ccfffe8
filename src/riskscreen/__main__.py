"""Run ``python -m riskscreen`` as the command ``riskscreen``."""

from riskscreen.cli import main

if __name__ == "__main__":
    main()
