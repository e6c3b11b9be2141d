"""Accounts, sign-in and sessions."""


def includeme(config) -> None:
    """Add the policy, the counting of failures and the pages."""
    from core.auth import alert_tasks, inviting, tasks  # noqa: F401  (declares them)
    from core.auth.limits import Limiter

    portal = config.registry.portal
    config.registry.limiter = Limiter(portal.limits_url or portal.broker_url)
    config.include("core.auth.realms")
    config.include("core.auth.policy")
    config.include("core.auth.known_devices")
    config.add_route("auth.sign_in", "/sign-in")
    config.add_route("auth.sign_out", "/sign-out")
    config.add_route("portal.switch_person", "/family/switch")
    config.scan("core.auth.views")
    config.include("core.auth.staff_views")
    config.include("core.auth.operator_views")
    config.include("core.auth.second_views")
    config.include("core.auth.security_views")
    config.include("core.auth.passkey_views")
    config.include("core.auth.passkey_offer_views")
    config.include("core.auth.reset_views")
    config.include("core.auth.welcome_views")
    config.include("core.auth.invitation_views")
    config.include("core.auth.register_views")
    config.include("core.auth.profile_views")
    config.include("core.auth.notice_views")
    config.include("core.auth.alert_views")
    config.include("core.auth.language_views")
    config.include("core.auth.offices_views")
    config.include("core.auth.arrival_views")
    config.include("core.auth.looking_views")
