"""One class of requests for the whole portal; by itself Pyramid makes a new class, with all that was added, for every request."""

from pyramid.interfaces import IRequest, IRequestExtensions, IRequestFactory
from pyramid.request import Request
from zope.interface import implementer


def includeme(config) -> None:
    """Put what all parts have added to the request into its class. The last part: what is added later is still added each time."""
    config.commit()
    added = config.registry.getUtility(IRequestExtensions)
    members = {**added.descriptors, **added.methods, "__doc__": "A request to the portal, with all that its parts have added."}
    config.registry.registerUtility(implementer(IRequest)(type("PortalRequest", (Request,), members)), IRequestFactory)
    added.descriptors.clear()
    added.methods.clear()
