"""What a command sets for its whole process, put back when a test has run one."""

import logging
import sys
import threading
import warnings
from contextlib import contextmanager

_SET = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (threading, "excepthook"),
    (warnings, "showwarning"),
    (logging, "lastResort"),
    (logging, "raiseExceptions"),
)


@contextmanager
def hooks_restored():
    """Leave the hooks of the process and the package's log as they were."""
    before = [(module, name, getattr(module, name)) for module, name in _SET]
    logger = logging.getLogger("riskscreen")
    handlers, level = list(logger.handlers), logger.level
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
        logger.handlers[:] = handlers
        logger.setLevel(level)
