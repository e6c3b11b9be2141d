"""The browser of the journeys: found on the machine, or installed where that is possible."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_DOWNLOADS = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
_INSIDE = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> Path | None:
    """A Chromium that starts on this machine: named in CHROMIUM, installed, or downloaded by Playwright."""
    named = [os.environ.get(name) for name in ("CUSPID_CHROMIUM", "CHROMIUM")]
    places = [Path(path) for path in [*named, *map(shutil.which, _NAMES)] if path]
    folders = [Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or folder).expanduser() for folder in _DOWNLOADS]
    places += [_MAC, *(path for folder in folders for inside in _INSIDE for path in sorted(folder.glob(inside), reverse=True))]
    return next((path for path in places if _starts(path)), None)


def install_chromium(say: Callable[[str], None]) -> Path | None:
    """Install one, by apt as root, else by Playwright's own download; None where neither is possible."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium by apt-get")
        if not _run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
            _run(["apt-get", "update"])
            _run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    if not find_chromium():
        say("Downloading Chromium by Playwright")
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    return find_chromium()


def _starts(path: Path) -> bool:
    try:
        return path.is_file() and subprocess.run([path, "--version"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(command: list[str]) -> bool:
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(command, capture_output=True, env=environment, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
