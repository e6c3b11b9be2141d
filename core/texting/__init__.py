"""Text messages: one interface, Twilio and a local mailbox behind it, chosen by the setting `texts_url`; without it there are none."""

from core import mail
from core.texting.interface import TextNotSent, TextRefused, Texts, TextStopped
from core.texting.numbers import whole_number
from core.texting.where import texts_from_url

__all__ = ["TextNotSent", "TextRefused", "TextStopped", "Texts", "render", "send", "texts_from_url", "whole_number"]


def render(registry, tenant, template: str, context: dict) -> str:
    """The text of `<template>.txt` for a practice. Templates see `tenant`, `address` (where the practice's portal is) and the context."""
    values = {"tenant": tenant, "address": registry.portal.address(tenant.host), **context}
    return " ".join(mail.templates_of(registry).get_template(f"{template}.txt").render(values).split())


def send(registry, to: str, body: str) -> str:
    """Send one text message; see `Texts.send`."""
    if registry.texts is None:
        raise TextRefused("nobody sends text messages here")
    return registry.texts.send(to, body)


def includeme(config) -> None:
    """Add `registry.texts`, which is None where nobody sends text messages."""
    config.registry.texts = texts_from_url(config.registry.portal.texts_url, config.registry.portal.secret_key)
