"""Letting a child process read what nobody here wrote: on a copy of our own, with limits, on open files only.

The child is a module that calls `core.safety.child.limit` before it reads the first byte, takes the file as its standard
input and prints one JSON object. The parent believes nothing of the answer that it has not checked.
"""

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from core.safety import limits
from core.safety.reasons import WORDS, UnsafeFile, too_big

CHUNK = 256 * 1024


def copy_file(source: Path | BinaryIO, copy: Path, most_bytes: int) -> tuple[int, str]:
    """Our own copy, which nobody changes while it is read: its size in bytes and its SHA-256. Raises UnsafeFile."""
    if not isinstance(source, Path):
        return _pour(source, copy, most_bytes)
    with _open_regular(source, most_bytes) as stream:
        return _pour(stream, copy, most_bytes)


def _open_regular(path: Path, most_bytes: int) -> BinaryIO:
    """A file proper: not a link to somewhere else, not a pipe that would never end; refused by its size before it is read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnsafeFile(f"It cannot be read: {error.strerror}.") from None
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_size <= most_bytes:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise too_big(about.st_size, most_bytes) if stat.S_ISREG(about.st_mode) else UnsafeFile("It is not a file.")


def _pour(stream: BinaryIO, copy: Path, most_bytes: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with copy.open("xb") as target:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > most_bytes:
                raise too_big(None, most_bytes)
            digest.update(chunk)
            target.write(chunk)
    return size, digest.hexdigest()


def ask_child(
    module: str, arguments: Sequence[str], source: BinaryIO, folder: Path, files: Sequence[BinaryIO] = (), most_answer: int = 4096
) -> dict:
    """Run the module on the source and on further open `files`; it gets no name, no folder and none of our settings.

    `folder` is ours alone and holds the answer, of at most `most_answer` bytes. Raises UnsafeFile when the child is stopped
    by a limit or answers nothing that can be read.
    """
    answer = folder / "answer"
    with answer.open("xb") as output:
        child = subprocess.Popen(
            [sys.executable, "-I", "-m", module, *arguments],
            stdin=source, stdout=output, stderr=subprocess.DEVNULL, pass_fds=[file.fileno() for file in files], cwd="/", env={},
        )  # fmt: skip
        _wait(child)
    with answer.open("rb") as written:
        return _parse(written.read(most_answer + 1), most_answer)


def _wait(child: subprocess.Popen) -> None:
    try:
        code = child.wait(limits.WALL_SECONDS)
    except BaseException as error:
        child.kill()
        child.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise UnsafeFile(WORDS["costly"]) from None
        raise
    if code < 0:
        # Ended by a signal: one of the limits, or a fault in a decoder.
        raise UnsafeFile(WORDS["costly"])


def _parse(text: bytes, most: int) -> dict:
    with suppress(ValueError, RecursionError):
        answer = json.loads(text) if len(text) <= most else None
        if isinstance(answer, dict):
            return answer
    raise UnsafeFile(WORDS["damaged"])
