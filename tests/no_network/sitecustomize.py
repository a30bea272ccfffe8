"""No test, and no process that a test starts, reaches beyond this machine.

Python imports this file by its name where PYTHONPATH holds its folder. Every attempt is
noted in the file that RISKSCREEN_NETWORK_LOG names, since telemetry hides its failures.
"""

import ipaddress
import os
import socket
import sys

NETWORK_LOG = "RISKSCREEN_NETWORK_LOG"
_HERE = ("localhost", "", "0.0.0.0", "::")


class NetworkBlockedError(OSError):
    """Something tried to leave this machine."""


def _is_loopback(host):
    if host is None or host in _HERE or host == socket.gethostname():
        return True
    try:
        return ipaddress.ip_address(host.split("%", 1)[0]).is_loopback
    except ValueError:
        return False


def _refuse(host):
    if log := os.environ.get(NETWORK_LOG):
        with open(log, "a", encoding="utf-8") as attempts:  # noqa: PTH123
            attempts.write(f"{host} from {sys.argv[:2]}\n")
    raise NetworkBlockedError("tests do not leave this machine")


def _guarded_by_address(plain):
    def guarded(self, address, *more):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            target = next((a for a in (address, *more) if isinstance(a, tuple)), None)
            if target and not _is_loopback(target[0]):
                _refuse(target[0])
        return plain(self, address, *more)

    return guarded


def _guarded_by_name(plain):
    def guarded(host, *more, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if not _is_loopback(name):
            _refuse(name)
        return plain(host, *more, **options)

    return guarded


def block():
    """Refuse every connection and name look-up but those of this machine."""
    if getattr(socket, "blocked_for_tests", False):
        return
    socket.blocked_for_tests = True
    for method in ("connect", "connect_ex"):
        plain = getattr(socket.socket, method)
        setattr(socket.socket, method, _guarded_by_address(plain))
    sendto = socket.socket.sendto
    socket.socket.sendto = lambda self, data, *to: _guarded_by_address(
        lambda self, _, *rest: sendto(self, data, *rest)
    )(self, data, *to)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, _guarded_by_name(getattr(socket, name)))


block()
