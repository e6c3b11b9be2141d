"""Settings of an installation, from the ini file and the environment. A missing or wrong one stops the start with its name."""

import os
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.plans import read_plans

_DROP = r"^sftp://[^:@/?#]+:[^@/?#]+@[^@/?#]+(/[A-Za-z0-9_./-]*)?$"


class WrongSetting(Exception):
    """A setting is missing or cannot be right; the text names it and says what is expected."""


class Settings(BaseModel):
    """Everything that an operator can set, each as `CUSPID_<NAME>` in the environment or `cuspid.<name>` in the ini file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(pattern=r"^postgresql://", description="The application's login; it must not own the tables nor bypass row security.")
    migrate_url: str | None = Field(None, pattern=r"^postgresql://", description="The login that migrates; only `cuspid migrate` needs it.")
    broker_url: str = Field(description="Where Celery's messages go, such as redis://:password@127.0.0.1:6379/0.")
    limits_url: str | None = Field(None, description="Where tries to sign in are counted; the broker when it is left out.")
    mail_url: str = Field(description="smtp://user:password@host:587?starttls=1, or mailbox:/folder for a local mailbox.")
    mail_from: str = Field("no-reply@localhost", description="The sender address of an office that has none of its own.")
    mail_spf: str | None = Field(None, description="The name that practices include in their SPF record so that the mail server may send for them.")
    mail_dkim: str | None = Field(
        None, pattern=r"^[a-z0-9-]+\._domainkey\.[a-z0-9.-]+$", description="The record that holds the key with which the mail server signs, such as cuspid._domainkey.mail.example."
    )
    texts_url: str | None = Field(
        None, description="twilio://account:password@api.twilio.com?from=%2B13035550100, or mailbox:/folder; without it there are no text messages."
    )
    files_url: str = Field(description="file:/folder, or s3://bucket?endpoint=...&region=....")
    payments: Literal["local", "stripe"] = Field("local", description="Who takes card payments: Stripe, or the local stand-in.")
    stripe_key: str | None = Field(None, description="The platform's Stripe key; needed with payments=stripe.")
    stripe_address: str | None = Field(
        None, pattern=r"^https?://", description="Where the local stand-in for Stripe is, such as http://127.0.0.1:12111; Stripe's own address when it is left out."
    )
    stripe_webhook_secret: str | None = Field(None, description="What Stripe signs its events to /hooks/account/stripe with, such as whsec_...; without it none is taken.")
    opendental_key: str | None = Field(None, description="The developer key that Open Dental gives; without it no office can connect its Open Dental.")
    opendental_address: str | None = Field(
        None, pattern=r"^https?://", description="Where the stand-in for Open Dental is, such as http://127.0.0.1:12112; their own service when it is left out."
    )
    opendental_inside: str | None = Field(
        None, description="The API Services that offices may name, such as http://10.1.2.3:30223/api/v1, with commas between; none when it is left out."
    )
    opendental_drop: str | None = Field(
        None, pattern=_DROP, description="Where Open Dental writes files for the portal, as sftp://user:password@host/folder; the login should only be able to write. None come when it is left out."
    )
    opendental_drop_reader: str | None = Field(
        None, pattern=_DROP, description="How the portal fetches these files, as sftp://user:password@host/folder; the same login when it is left out."
    )
    opendental_drop_key: str | None = Field(
        None, pattern="^(ssh|ecdsa)-", description="The host key of that server, such as ssh-ed25519 AAAA...; more with commas between. Needed with opendental_drop."
    )
    secret_key: str = Field(min_length=32, description="Signs cookies and links; at least 32 characters, kept secret.")
    base_domain: str = Field("localhost", description="Practices are at <slug>.<base domain>.")
    base_port: int | None = Field(None, ge=1, le=65535, description="The port in addresses that are sent out, when it is not the usual one.")
    scheme: Literal["http", "https"] = Field("https", description="How browsers reach the portal.")
    domains_host: str | None = Field(None, description="Where practices’ own domains have to lead by a CNAME; the base domain when it is left out.")
    domains_addresses: str | None = Field(
        None, description="The addresses to which a domain may lead where no CNAME can stand, with commas between; those of domains_host when it is left out."
    )
    dns_resolvers: str | None = Field(None, description="The name servers that are asked about domains, such as 9.9.9.9,149.112.112.112; the system's when it is left out.")
    check_inside: bool = Field(False, description="Whether looking at a domain's certificate may connect to private addresses.")
    webhooks_inside: bool = Field(False, description="Whether webhooks may go to private networks and to http addresses, for tests.")
    trusted_proxies: str | None = Field(
        None, description="The addresses of the proxies in front, with commas between; nobody else's forwarded headers are believed."
    )
    metrics_from: str | None = Field(
        None, description="The networks from which /metrics may be read, such as 10.1.2.0/24, with commas between; this machine alone when it is left out."
    )
    plans: str | None = Field(
        None, description='The plans that practices can have, as JSON such as {"Small": {"patients": 300, "clinics": 1, "texts": 100, "storage": "5 GB"}}.'
    )
    environment: Literal["production", "local"] = Field("production", description="local allows http and warns of nothing.")
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"

    @field_validator("plans")
    @classmethod
    def _can_be_read(cls, text: str | None) -> str | None:
        read_plans(text)
        return text

    @field_validator("metrics_from")
    @classmethod
    def _are_networks(cls, text: str | None) -> str | None:
        for network in text.split(",") if text else ():
            ip_network(network.strip(), strict=False)
        return text

    @property
    def stand_ins(self) -> list[str]:
        """The settings by which something stays on this machine that patients need outside."""
        local = {"mail_url": "mailbox:", "texts_url": "mailbox:", "files_url": "file:", "payments": "local"}
        return [f"CUSPID_{name.upper()}" for name, start in local.items() if (getattr(self, name) or "").startswith(start)]

    @property
    def target_host(self) -> str:
        """Where practices' own domains have to lead."""
        return (self.domains_host or self.base_domain).lower()

    @property
    def target_addresses(self) -> tuple[str, ...]:
        """The addresses that stand for it where no CNAME can."""
        return tuple(str(ip_address(text.strip())) for text in (self.domains_addresses or "").split(",") if text.strip())

    @property
    def secure(self) -> bool:
        """Whether cookies may travel over https only."""
        return self.scheme == "https"

    def address(self, host: str) -> str:
        """The address of a host of this installation, without a path."""
        return f"{self.scheme}://{host}" + (f":{self.base_port}" if self.base_port else "")


def load(ini: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; the environment wins over the ini file. Raises WrongSetting."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {key.removeprefix("cuspid."): value for key, value in (ini or {}).items() if key.startswith("cuspid.")}
    for name in Settings.model_fields:
        if environ.get(f"CUSPID_{name.upper()}"):
            values[name] = environ[f"CUSPID_{name.upper()}"]
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise WrongSetting(_explain(error)) from None
    try:
        _ = settings.target_addresses
    except ValueError:
        raise WrongSetting("CUSPID_DOMAINS_ADDRESSES must be addresses such as 198.51.100.7, with commas between.") from None
    if settings.opendental_drop and not settings.opendental_drop_key:
        raise WrongSetting("CUSPID_OPENDENTAL_DROP_KEY is missing: files are fetched from no server whose key is not known.")
    if settings.environment == "production" and not settings.secure:
        raise WrongSetting("CUSPID_SCHEME must be https when CUSPID_ENVIRONMENT is production.")
    return settings


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0])
        field = Settings.model_fields.get(name)
        hint = f" {field.description}" if field and field.description else ""
        lines.append(f"CUSPID_{name.upper()}: {problem['msg'].lower()}.{hint}")
    return "\n".join(lines)
