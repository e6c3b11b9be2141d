"""Serving a stand-in for a service outside, on loopback: in a thread for tests, in a process of its own for the demo."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Protocol, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from webob import Response


class StandInApplication(Protocol):
    """A WSGI application that has something to let go of."""

    def __call__(self, environ, start_response):
        """Answer a request."""

    def close(self) -> None:
        """Let go of files."""


Application = TypeVar("Application", bound=StandInApplication)


def hang_up(environ) -> None:
    """The line goes dead, as in an outage."""
    environ["stand_in.socket"].shutdown(socket.SHUT_RDWR)


def _nothing(environ, start_response):
    return Response(status=503)(environ, start_response)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 50


class _QuietHandler(WSGIRequestHandler):
    def get_environ(self):
        """With the line itself, so that it can go dead."""
        return super().get_environ() | {"stand_in.socket": self.connection}

    def log_message(self, *_) -> None:
        """Say nothing: what is asked for is nobody's business in a log."""


@contextmanager
def serving(port: int, make: Callable[[str], Application]) -> Iterator[Application]:
    """A stand-in on this port of loopback, or on any free one with 0, while inside; `make` is told its own address."""
    with make_server("127.0.0.1", port, _nothing, server_class=_Server, handler_class=_QuietHandler) as server:
        stand_in = make(f"http://127.0.0.1:{server.server_port}")
        server.set_app(stand_in)
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
            stand_in.close()
