"""Text messages: one interface, Twilio and a local mailbox behind it, chosen by the setting `texts_url`; without it there are none."""

from core import mail
from core.texting.interface import TextNotSent, TextRefused, Texts, TextStopped
from core.texting.numbers import whole_number
from core.texting.where import texts_from_url

__all__ = ["TextNotSent", "TextRefused", "TextStopped", "Texts", "send_template", "texts_from_url", "whole_number"]


def send_template(registry, tenant, to: str, template: str, context: dict) -> str:
    """Render `<template>.txt` for a practice, and send it as one text message; see `Texts.send`.

    Templates see `tenant`, `address` (where the practice's portal is) and the context.
    """
    if registry.texts is None:
        raise TextRefused("nobody sends text messages here")
    values = {"tenant": tenant, "address": registry.portal.address(tenant.host), **context}
    body = mail.templates_of(registry).get_template(f"{template}.txt").render(values)
    return registry.texts.send(to, " ".join(body.split()))


def includeme(config) -> None:
    """Add `registry.texts`, which is None where nobody sends text messages."""
    config.registry.texts = texts_from_url(config.registry.portal.texts_url)
