"""Starts a reader without the package around it: `python -I -m core.safety.alone plugins.summary plugins.summary.ccd.child`.

A tab's package brings in the portal, the database and the web; a process that reads hostile bytes should hold none of it, and
starts five times as fast without.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec


def stand_in(package: str) -> None:
    """Let modules of the package be imported without running its own code."""
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package)
    sys.modules[package] = module_from_spec(spec)


def main(package: str, module: str) -> None:
    """Run the module's `main`."""
    stand_in(package)
    import_module(module).main()


if __name__ == "__main__":
    main(*sys.argv[1:3])
