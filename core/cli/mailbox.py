"""`cuspid mailbox`: mails without a mail server."""

from pathlib import Path

import click

from core.cli.stopping import Stopped, say, stopped_by_signals
from core.local import Problem


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--port", default=8025, show_default=True, help="Where the pages are, on loopback.")
@click.option("--smtp-port", default=1025, show_default=True, help="Where mails come in, on loopback.")
def mailbox(folder: Path, port: int, smtp_port: int) -> None:
    """Take in mails and show them on a page.

    Every mail for every address that is sent to the SMTP port lands in FOLDER (in the Maildir format, so mail programs can
    read it as well) and can be read in the browser. Nothing leaves this machine. Point a portal at it with
    CUSPID_MAIL_URL=smtp://127.0.0.1:1025, or let the portal write to the folder itself with CUSPID_MAIL_URL=mailbox:FOLDER. Text messages
    lie there as well with CUSPID_TEXTS_URL=mailbox:FOLDER.
    """
    from core.local.mailbox import page_server, take_in_mail

    with stopped_by_signals():
        try:
            controller = take_in_mail(folder, smtp_port)
            try:
                with page_server(folder, port) as server:
                    say(f"Mails for 127.0.0.1:{smtp_port} are shown at http://localhost:{port}")
                    server.serve_forever()
            finally:
                controller.stop()
        except OSError as error:
            raise Problem(f"A port could not be used ({error}); choose others with --port and --smtp-port.") from None
        except Stopped:
            pass  # the wanted end
