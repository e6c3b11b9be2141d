"""For `cuspid doctor`: whether practices' own domains can lead here, and whether their mails can come from addresses of their own."""

from core.config import Settings, WrongSetting
from core.doctor import Finding, care, right, wrong
from tenants.addresses.lookup import Names, NotAnswered
from tenants.addresses.sender_checking import keys


def domains(settings: Settings) -> Finding:
    """Whether the host that domains have to lead to is in the DNS, and whether looking at them stays outside."""
    host = settings.target_host
    if settings.environment != "production" or host == "localhost":
        return right("domains", "not looked at: only a real installation has practices’ own domains")
    try:
        route = Names(settings.dns_resolvers).route(host)
    except WrongSetting as error:
        return wrong("domains", str(error))
    except NotAnswered:
        return wrong("domains", f"the name servers do not answer for {host}: see CUSPID_DNS_RESOLVERS. No domain can be proven until they do.")
    if not route.addresses:
        return wrong("domains", f"{host} has no address in the DNS: set it, or CUSPID_DOMAINS_HOST to a host that has the proxy's.")
    if other := sorted(set(settings.target_addresses) - route.addresses):
        return care("domains", f"CUSPID_DOMAINS_ADDRESSES names {', '.join(other)}, which {host} does not have: domains may lead elsewhere.")
    if settings.check_inside:
        return care("domains", "CUSPID_CHECK_INSIDE lets a domain that an office names be connected to within your network: only for installations inside.")
    return right("domains", f"they have to lead to {host}, which is at {', '.join(sorted(route.addresses))}")


def senders(settings: Settings) -> Finding:
    """Whether what practices include in their DNS to send mails of their own is there."""
    spf, dkim = settings.mail_spf, settings.mail_dkim
    if not spf and not dkim:
        return right("senders", "practices send from CUSPID_MAIL_FROM: CUSPID_MAIL_SPF and CUSPID_MAIL_DKIM are not set")
    if not spf or not dkim:
        return care("senders", f"CUSPID_MAIL_{'DKIM' if spf else 'SPF'} is missing: practices have a sender of their own only with both.")
    names = Names(settings.dns_resolvers)
    try:
        if not any(text.lower().startswith("v=spf1") for text in names.texts(spf)):
            return wrong("senders", f"CUSPID_MAIL_SPF: {spf} has no SPF record that practices could include.")
        if not keys(names, dkim):
            return wrong("senders", f"CUSPID_MAIL_DKIM: {dkim} holds no key.")
    except NotAnswered:
        return care("senders", f"the name servers do not answer for {spf} and {dkim}: see CUSPID_DNS_RESOLVERS.")
    return right("senders", f"practices include {spf}, and the key is at {dkim}")


CHECKS = (domains, senders)
