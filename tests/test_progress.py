import io

from rich.console import Console

from riskscreen.progress import ConsoleReporter, SilentReporter, build_stderr_reporter


def shown(*, terminal):
    page = io.StringIO()
    return page, ConsoleReporter(Console(file=page, force_terminal=terminal, width=80))


def test_elsewhere_than_on_a_terminal_a_stage_is_one_plain_line():
    page, reporter = shown(terminal=False)
    with reporter.track("Growing [trees]", 3) as advance:
        for _ in range(3):
            advance()
    reporter.say("done: 3")
    assert page.getvalue() == "Growing [trees] ...\ndone: 3\n"


def test_on_a_terminal_a_bar_fills():
    page, reporter = shown(terminal=True)
    with reporter.track("Growing", 3) as advance:
        for _ in range(3):
            advance()
    assert "3/3" in page.getvalue()


def test_silence_says_nothing_and_standard_output_stays_free(capsys):
    with SilentReporter().track("Growing", 3) as advance:
        advance()
    SilentReporter().say("nothing")
    build_stderr_reporter().say("a line")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "a line" in printed.err
