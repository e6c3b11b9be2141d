"""`cuspid serve`: the web server."""

import click

from core.local import Problem
from core.local.folder import is_free


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all of this machine's.")
@click.option("--port", default=8080, show_default=True, help="The port to listen on.")
@click.option("--processes", default=2, show_default=True, help="Web processes; one for each core is a good number.")
@click.option("--threads", default=2, show_default=True, help="Requests that one process answers at the same time.")
@click.option("--grace", default=10, show_default=True, help="Seconds that requests under way may take when it ends.")
def serve(host: str, port: int, processes: int, threads: int, grace: int) -> None:
    """Serve the portal's pages.

    Settings come from CUSPID_... in the environment; `cuspid doctor` explains those that are missing or wrong. Put a proxy in
    front that ends TLS and sets X-Forwarded-Proto, -Host and -For itself, and name it in CUSPID_TRUSTED_PROXIES. Ends on
    SIGTERM after the requests that are under way.
    """
    from granian import Granian
    from granian.constants import Interfaces

    from core import config

    config.load()
    if not is_free(port, host):
        raise Problem(f"Port {port} is taken by another program: choose another with --port.")
    Granian(
        "core.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=grace,
    ).serve()
