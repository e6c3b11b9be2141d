"""Files that the browser loads, each under an address that changes with its content, so that it may be kept for a year."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import monotonic

BUILT = Path(__file__).parents[1] / "static" / "vendor"
YEAR = 365 * 24 * 3600


class StaticPaths:
    """Finds the address of a static file: `portal.css` is the portal's own, `account/account.css` lies in that plugin's static/."""

    def __init__(self, folder_of: Callable[[str], Path | None], built: Path = BUILT):
        self._folder_of, self._built = folder_of, built
        self._known: dict[str, str] = {}
        self._manifest: dict[str, str] = {}
        self._built_at = self._look_again = 0.0

    def __call__(self, name: str) -> str:
        """The address. A file that is not there gets a plain one, which answers 404."""
        if monotonic() >= self._look_again:
            self._notice_a_new_build()
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _notice_a_new_build(self) -> None:
        """Assets may be built anew under a running portal, which takes the old ones away."""
        self._look_again = monotonic() + 1
        path = self._built / "manifest.json"
        built_at = path.stat().st_mtime if path.exists() else 0.0
        if built_at != self._built_at:
            self._built_at, self._manifest = built_at, json.loads(path.read_text()) if built_at else {}
            self._known.clear()

    def _find(self, name: str) -> str:
        owner, _, rest = name.partition("/")
        if not rest:
            return f"/static/core/{self._manifest.get(name, name)}"
        folder = self._folder_of(owner)
        path = folder / rest if folder else None
        mark = f"?v={sha256(path.read_bytes()).hexdigest()[:10]}" if path and path.is_file() else ""
        return f"/static/{name}{mark}"


def includeme(config) -> None:
    """Serve the built files, and give every template `static_path(name)`."""
    registry = config.registry

    def folder_of(plugin: str) -> Path | None:
        found = registry.plugins.plugins.get(plugin)
        return found.folder("static") if found else None

    paths = registry.static_path = StaticPaths(folder_of)
    # After the template engine has been made in the same round of configuration.
    config.action("static_path", lambda: config.get_jinja2_environment().globals.update(static_path=paths), order=1000)
    config.add_static_view("static/core", "core:static/vendor", cache_max_age=YEAR, content_encodings=["gzip"])
