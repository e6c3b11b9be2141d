"""What a load balancer asks: is the process alive, and can it do its work."""

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError


@view_config(route_name="health.live", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def live(request):
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@view_config(route_name="health.ready", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def ready(request):
    """The process answers and reaches its database."""
    try:
        with request.registry.engine.connect() as connection:
            connection.execute(text("select 1"))
    except SQLAlchemyError:
        return Response("the database cannot be reached\n", status=503, content_type="text/plain")
    return Response("ready\n", content_type="text/plain")


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("health.live", "/health/live")
    config.add_route("health.ready", "/health/ready")
    config.scan("core.web.health")
