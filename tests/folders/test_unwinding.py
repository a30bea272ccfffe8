import os
import signal
import threading

import pytest

from riskscreen.folders import unwind_on_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_unwinds_with_the_code_that_shells_know(number):
    cleaned = []

    def work():
        try:
            os.kill(os.getpid(), number)
        finally:
            cleaned.append(True)

    before = signal.signal(number, signal.SIG_DFL)  # under nohup one is ignored
    try:
        with pytest.raises(SystemExit) as ended, unwind_on_signals():
            work()
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert ended.value.code == 128 + number
    assert cleaned


def test_a_handler_of_somebody_else_stays():
    taken = []
    before = signal.signal(signal.SIGTERM, lambda *_: taken.append(True))
    try:
        with unwind_on_signals():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert taken


def test_outside_the_main_thread_nothing_is_changed():
    seen = []

    def work():
        with unwind_on_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
