"""How kernels are compiled: the one place for the settings of numba."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def compile_kernel(kernel: _Kernel) -> _Kernel:
    """Compile the kernel at its first use, kept on disk, run without the GIL.

    Where nothing may be written (a locked-down server) it is compiled in each process.
    Fast mathematics stays off: the order of operations is what makes a single case and
    a batch the same to the bit.
    """
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
    made: _Kernel = numba.njit(inline="always", error_model="numpy")(part)
    return made
