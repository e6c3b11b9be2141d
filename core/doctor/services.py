"""The services around the portal: broker, workers, counting, mail, text messages, files, payments."""

import time
from collections import Counter
from importlib.metadata import version

from kombu import Connection
from kombu.exceptions import OperationalError
from limits.storage import storage_from_string

from core.config import Settings, WrongSetting
from core.doctor import Finding, care, right, wrong
from core.files import FilesUnavailable, files_from_url
from core.mail import MailNotSent, mail_from_url
from core.texting import TextNotSent, texts_from_url

MANY_MESSAGES = 1000
SLOW = 2
"""Seconds that writing, reading and deleting a small file may take."""


def broker(settings: Settings) -> Finding:
    """Whether messages to the workers can be left."""
    try:
        with Connection(settings.broker_url, connect_timeout=3, transport_options={"socket_connect_timeout": 3}) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.2)
            waiting = connection.default_channel.queue_declare("celery").message_count
            place = connection.as_uri()  # without the password
    except (OperationalError, OSError) as error:
        return wrong("broker", f"CUSPID_BROKER_URL cannot be used: {error or type(error).__name__}. Work is done late, by the sweep alone, until it can.")
    if waiting > MANY_MESSAGES:
        return care("broker", f"{place}; {waiting} messages wait: start more workers.")
    return right("broker", f"{place}; {waiting} {'message waits' if waiting == 1 else 'messages wait'}")


def workers(settings: Settings) -> Finding:
    """Whether a worker is there."""
    from celery import Celery

    with Celery(broker=settings.broker_url, set_as_current=False) as application:
        answers = application.control.broadcast("cuspid_version", reply=True, timeout=1.5)
    if not answers:
        return care("workers", "none answers: start one with `cuspid worker`, and one of them with --beat.")
    here, versions = version("cuspid"), Counter(str(said.get("cuspid", "unknown")) for answer in answers for said in answer.values())
    running = ", ".join(f"{number} of version {name}" for name, number in sorted(versions.items()))
    if set(versions) != {here}:
        return care("workers", f"{running}, while this is {here}: start them anew.")
    return right("workers", f"{running} running")


def counting(settings: Settings) -> Finding:
    """Whether failed sign-ins can be counted."""
    if storage_from_string(settings.limits_url or settings.broker_url).check():
        return right("counting", "failed sign-ins are counted")
    return wrong("counting", "CUSPID_LIMITS_URL cannot be reached: failed sign-ins slow nobody down.")


def mail(settings: Settings) -> Finding:
    """Whether mails can be handed over, and leave the machine."""
    try:
        mail_from_url(settings.mail_url).check()
    except (MailNotSent, WrongSetting) as error:
        return wrong("mail", f"CUSPID_MAIL_URL: {error}.")
    if settings.mail_url.startswith("mailbox:"):
        return _local(settings, "mail", "mails stay in a folder of this machine", "CUSPID_MAIL_URL to a mail server")
    return right("mail", f"the server takes mails; the sender is {settings.mail_from}")


def texts(settings: Settings) -> Finding:
    """Whether text messages can be handed over, and leave the machine."""
    try:
        service = texts_from_url(settings.texts_url, settings.secret_key)
        if service is None:
            return right("texts", "no text messages are sent: CUSPID_TEXTS_URL is not set")
        service.check()
    except (TextNotSent, WrongSetting, OSError) as error:
        return wrong("texts", f"CUSPID_TEXTS_URL: {error}")
    if (settings.texts_url or "").startswith("mailbox:"):
        return _local(settings, "texts", "text messages stay in a folder of this machine", "CUSPID_TEXTS_URL to a gateway")
    return right("texts", "the gateway knows the account")


def files(settings: Settings) -> Finding:
    """Whether files can be kept and read."""
    began = time.monotonic()
    try:
        files_from_url(settings.files_url, settings.secret_key).check()
    except (FilesUnavailable, WrongSetting, OSError) as error:
        return wrong("files", f"CUSPID_FILES_URL: {error}")
    took = time.monotonic() - began
    if took > SLOW:
        return care("files", f"writing, reading and deleting a small file took {took:.1f} s: look at the store and at the way there.")
    if settings.files_url.startswith("file:"):
        return _local(settings, "files", "files lie in a folder of this machine", "CUSPID_FILES_URL to object storage, unless that folder is backed up")
    return right("files", f"the object storage can be written and read, in {took * 1000:.0f} ms")


def payments(settings: Settings) -> Finding:
    """Whether card payments are real."""
    if settings.payments == "local":
        if not settings.stripe_address:
            return wrong("payments", "CUSPID_STRIPE_ADDRESS is missing: no payments are taken; CUSPID_PAYMENTS is local.")
        return _local(settings, "payments", "the local stand-in takes payments; no card is charged", "CUSPID_PAYMENTS to stripe")
    if not settings.stripe_key:
        return wrong("payments", "CUSPID_STRIPE_KEY is missing; CUSPID_PAYMENTS is stripe.")
    if not settings.stripe_webhook_secret:
        return care("payments", "Stripe; CUSPID_STRIPE_WEBHOOK_SECRET is missing: what becomes of payments is known late, by comparing alone.")
    return right("payments", "Stripe")


def _local(settings: Settings, subject: str, text: str, instead: str) -> Finding:
    if settings.environment == "production":
        return care(subject, f"{text}: in production, set {instead}.")
    return right(subject, text)


CHECKS = (broker, workers, counting, mail, texts, files, payments)
