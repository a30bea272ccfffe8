"""How kernels are compiled: the one place that knows numba, and its settings."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])
_interpreted = False


def interpret_kernels() -> None:
    """Leave kernels that are imported from now on to Python's interpreter.

    For a process that scores a case or two and ends: of so few rows they take a tenth
    of what numba takes to be imported and to load what it compiled before. Their
    numbers are the same, bit for bit. Where numba is there already, nothing is gained,
    and its kernels cannot call interpreted ones: then nothing changes.
    """
    global _interpreted  # noqa: PLW0603  (of the process, as numba's own cache is)
    _interpreted = "numba" not in sys.modules


def compile_kernel(kernel: _Kernel) -> _Kernel:
    """Compile the kernel at its first use, kept on disk, run without the GIL.

    Where nothing may be written (a locked-down server) it is compiled in each process.
    Fast mathematics stays off: the order of operations is what makes a single case and
    a batch the same to the bit.
    """
    if _interpreted:
        return kernel
    import numba  # noqa: PLC0415  (half a second: interpret_kernels)

    options = {"nogil": True, "error_model": "numpy"}
    made: _Kernel
    try:
        made = numba.njit(cache=True, **options)(kernel)
    except RuntimeError:
        made = numba.njit(**options)(kernel)
    return made


def inline_kernel(part: _Kernel) -> _Kernel:
    """Copy a part of a kernel into it when that is compiled.

    A call would count references to every array it hands over, which costs more than
    the part itself.
    """
    if _interpreted:
        return part
    import numba  # noqa: PLC0415  (half a second: interpret_kernels)

    made: _Kernel = numba.njit(inline="always", error_model="numpy")(part)
    return made


@contextmanager
def listen_for_compilation(tell: Callable[[str], None]) -> Iterator[None]:
    """Call *tell* with the module of each kernel that has to be compiled inside."""
    if _interpreted:
        yield
        return
    from numba.core import event  # noqa: PLC0415  (half a second: interpret_kernels)

    with event.install_listener("numba:compile", _build_listener(tell)):
        yield


@cache
def _build_listener(tell: Callable[[str], None]) -> Any:
    from numba.core import event  # noqa: PLC0415  (half a second: interpret_kernels)

    class Listener(event.Listener):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            tell(event.data["dispatcher"].py_func.__module__)

        def on_end(self, event: Any) -> None:
            """Nothing to tell: the numbers follow."""

    return Listener()
