"""The process that reads hostile bytes: `python -I -m core.safety.child <content type> <clean> <display> <thumbnail>`.

The file is its standard input, the three numbers are open files to write to, and its standard output is one line of JSON. It
limits itself before it reads the first byte, and gives up the rights of root if it has them.
"""

import json
import os
import resource
import sys
from contextlib import suppress

from core.safety import limits
from core.safety.refusal import Refusal


def limit() -> None:
    """Bound memory, time, written bytes and open files; no further processes."""
    for what, most in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_CPU, limits.CPU_SECONDS),
        (resource.RLIMIT_FSIZE, limits.WRITTEN_BYTES),
        (resource.RLIMIT_NOFILE, limits.OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _set(what, most)


def _set(what: int, most: int) -> None:
    try:
        resource.setrlimit(what, (most, most))
    except (ValueError, OSError):
        # macOS does not bound address space; the other limits and the parent's clock hold there.
        if sys.platform != "darwin":
            raise


def step_down() -> None:
    """As root, become nobody: nothing is opened by name any more."""
    if os.geteuid() == 0:
        # Root in a container may lack the right to change; it then has few others.
        with suppress(PermissionError):
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)


def read(content_type: str, clean: int, display: int, thumbnail: int) -> dict:
    """Read standard input as this type, write the three files, and say what was found."""
    if content_type == "application/pdf":
        from core.safety.documents import read_document as reader
    elif content_type == "application/dicom":
        from core.safety.scans import read_scan as reader
    else:
        from core.safety.pictures import read_picture as reader
    step_down()
    with open(0, "rb", closefd=False) as source, open(clean, "wb") as first, open(display, "wb") as second, open(thumbnail, "wb") as third:
        return reader(content_type, source.read(limits.MOST_BYTES + 1), first, second, third)


def answer(arguments: list[str]) -> dict:
    """What `read` says, or the word for why it could not be read."""
    try:
        return read(arguments[0], *map(int, arguments[1:4]))
    except Refusal as refusal:
        return {"refused": refusal.word, **refusal.figures}
    except MemoryError:
        return {"refused": "costly"}
    except Exception:
        # Decoders raise whatever they like on broken bytes; each of them means the same to whoever sent the file.
        return {"refused": "damaged"}


def main() -> None:
    """Limit, read, answer."""
    limit()
    sys.stdout.write(json.dumps(answer(sys.argv[1:])))


if __name__ == "__main__":
    main()
