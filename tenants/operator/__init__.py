"""The operator's console, at the base domain itself: the practices of this installation, and the way into one of them."""


def includeme(config) -> None:
    """Add the pages. Their addresses lead somewhere at the base domain only; they lie beneath the office's, whose sign-in they share."""
    # Not above: the commands of this package must not load the whole portal to print their help.
    from core.web.office import OfficePage

    config.add_route("operator.home", "/office", at_base_domain=True)
    config.add_route("operator.enter", "/office/practices/{slug}", at_base_domain=True)
    config.add_route("operator.create", "/office/new-practice", at_base_domain=True)
    config.add_route("operator.practice", "/office/practices/{slug}/manage", at_base_domain=True)
    config.add_route("operator.practice.suspend", "/office/practices/{slug}/suspend", at_base_domain=True)
    config.add_route("operator.practice.resume", "/office/practices/{slug}/resume", at_base_domain=True)
    config.add_route("operator.practice.close", "/office/practices/{slug}/close", at_base_domain=True)
    config.add_route("operator.practice.reopen", "/office/practices/{slug}/reopen", at_base_domain=True)
    config.add_route("operator.practice.plan", "/office/practices/{slug}/plan", at_base_domain=True)
    config.add_route("operator.practice.tabs", "/office/practices/{slug}/tabs", at_base_domain=True)
    config.add_route("operator.health", "/office/health", at_base_domain=True)
    config.add_route("operator.health.look", "/office/health/look", at_base_domain=True)
    config.add_route("operator.health.mail", "/office/health/mail", at_base_domain=True)
    config.add_route("operator.domains", "/office/domains", at_base_domain=True)
    config.add_route("operator.plugins", "/office/plugins", at_base_domain=True)
    config.add_route("operator.metrics", "/metrics")
    config.add_office_page(OfficePage("Practices", "operator.home", "building", "operator.home", 0))
    config.add_office_page(OfficePage("Health", "operator.health", "heart-pulse", "operator.health", 10))
    config.add_office_page(OfficePage("Domains", "operator.domains", "globe2", "operator.health", 15))
    config.add_office_page(OfficePage("Plugins", "operator.plugins", "grid", "operator.health", 20))
    config.scan("tenants.operator.views")
    config.scan("tenants.operator.practices")
    config.scan("tenants.operator.health")
    config.scan("tenants.operator.domains")
    config.scan("tenants.operator.metrics")
