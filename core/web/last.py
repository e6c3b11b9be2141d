"""The last part: one class of requests for the whole portal, and nothing left open behind one.

By itself Pyramid makes a new class, with all that was added, for every request.
"""

from io import BufferedRandom

from pyramid.interfaces import IExecutionPolicy, IRequest, IRequestExtensions, IRequestFactory
from pyramid.request import Request
from zope.interface import implementer


def closing(policy):
    """Close the file in which a long body was kept for a second attempt, once there will be none."""

    def answer(environ, router):
        try:
            return policy(environ, router)
        finally:
            body = environ["wsgi.input"]
            if isinstance(body, BufferedRandom):
                body.close()

    return answer


def includeme(config) -> None:
    """Put what all parts have added to the request into its class; what is added later is still added each time."""
    config.commit()
    added = config.registry.getUtility(IRequestExtensions)
    members = {**added.descriptors, **added.methods, "__doc__": "A request to the portal, with all that its parts have added."}
    config.registry.registerUtility(implementer(IRequest)(type("PortalRequest", (Request,), members)), IRequestFactory)
    added.descriptors.clear()
    added.methods.clear()
    config.registry.registerUtility(closing(config.registry.getUtility(IExecutionPolicy)), IExecutionPolicy)
