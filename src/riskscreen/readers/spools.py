"""A private copy of rows that can be read from their source only once."""

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self

import pyarrow as pa

from riskscreen.errors import FileError

_IN_MEMORY = 1 << 26


class Spool:
    """Tables of Arrow in the order they came, in a file without a name.

    Nobody else can open the file, and it is gone when the run ends, however it ends. A
    few million bytes stay in memory.
    """

    def __init__(self, *, source: str) -> None:
        """Begin a copy of the rows of *source*, which messages name."""
        self.source = source
        # Closed when this is left, which is a context manager itself.
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._begins: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, table: pa.Table) -> None:
        """Keep one part more; its columns may be of other types than the last one's."""
        try:
            self._begins.append(self._file.tell())
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            self._file.write(sink.getvalue())
        except OSError:
            raise FileError(
                f"{self.source}: there is no room for the private copy of its rows. "
                "Free the disk that temporary files lie on (TMPDIR)."
            ) from None

    def read_parts(self) -> Iterator[pa.Table]:
        """Yield the parts, in their order."""
        ends = [*self._begins[1:], self._file.seek(0, 2)]
        for begin, end in zip(self._begins, ends, strict=True):
            self._file.seek(begin)
            with pa.ipc.open_stream(self._file.read(end - begin)) as reader:
                yield reader.read_all()
