"""The command `cuspid`. One file for each subject; other packages add commands by the entry point group `cuspid.commands`."""

import gc
import sys
import warnings
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

import click

from core.cli.problems import explain

# Name, where it is, and its line in the overview, which must not wait for the database library to be loaded.
SECTIONS = {
    "Try it": {
        "demo": ("core.cli.demo:demo", "Run the portal here with two made-up practices."),
        "mailbox": ("core.cli.mailbox:mailbox", "Take in mails and show them on a page."),
        "test": ("core.cli.test:test", "Run the tests, or a part of them."),
    },
    "Run it": {
        "serve": ("core.cli.serve:serve", "Serve the portal's pages."),
        "worker": ("core.cli.worker:worker", "Do the work behind the pages."),
        "migrate": ("core.cli.migrate:migrate", "Bring the database up to date."),
        "doctor": ("core.cli.doctor:doctor", "Check every setting and outside service."),
        "audit": ("core.cli.audit:audit", "Check that nobody changed the audit log."),
    },
    "Fill it": {
        "import": ("core.cli.take_in:take_in", "Take files into a practice."),
        "access": ("core.cli.access:access", "Let patients in, and take access away."),
        "staff": ("core.cli.staff:staff", "Let people who work in an office in, and take access away."),
    },
    "Develop it": {
        "assets": ("core.cli.assets:assets", "Build the styles, the script and the icons."),
        "lock": ("core.cli.lock:lock", "Make the locks of the requirements anew."),
        "bench": ("core.cli.bench:bench", "Measure how fast the pages are."),
        "revision": ("core.cli.migrate:revision", "Write a migration for what the models have."),
    },
}
OTHERS = "Further commands"


class Commands(click.Group):
    """The commands of the portal and those that other packages add."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Every command's name."""
        return [*_ours(), *_others()]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Load one command."""
        if name in _ours():
            module, _, attribute = _ours()[name][0].partition(":")
            return getattr(import_module(module), attribute)
        return _others()[name].load() if name in _others() else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for."""
        sections = {title: [(name, line) for name, (_, line) in section.items()] for title, section in SECTIONS.items()}
        sections[OTHERS] = [(name, point.load().get_short_help_str(80)) for name, point in _others().items()]
        for title, lines in sections.items():
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)


def _ours() -> dict[str, tuple[str, str]]:
    return {name: command for section in SECTIONS.values() for name, command in section.items()}


def _others() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="cuspid.commands")}


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cuspid", message="%(package)s %(version)s")
def cuspid() -> None:
    """The patient portal for dental offices.

    `cuspid demo` shows it with two made-up practices; nothing has to be installed or set up for that.
    A real installation is told where its database, broker, mail and files are by CUSPID_... settings in the
    environment; `cuspid doctor` says which are missing or wrong.
    """


def main() -> None:
    """Run a command; what the caller must mend is said in one sentence, without a traceback."""
    # A fifth of the start went into looking for garbage among modules that stay for good.
    gc.set_threshold(20_000, 10, 10)
    # Pyramid's way of finding files; setuptools is held back for it, so nobody has to do anything.
    warnings.filterwarnings("ignore", "pkg_resources is deprecated as an API")
    try:
        cuspid()
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise
        click.secho(sentence, fg="red", err=True)
        sys.exit(1)
