"""The application: the list of its parts."""

import structlog
from pyramid.config import Configurator
from pyramid_tm import explicit_manager

from core import config as settings
from core.web import log

# One transaction a request. Who is signed in is not asked for its sake: that would cost static files a statement.
TRANSACTIONS = {"tm.manager_hook": explicit_manager, "tm.annotate_user": False, "retry.attempts": 3}


def main(global_config=None, **ini):
    """Make the WSGI application of an installation; settings come from the ini file and the environment. Raises WrongSetting."""
    portal = settings.load({key: value for key, value in ini.items() if isinstance(value, str)})
    log.set_up(portal.log_level)
    warn_of_stand_ins(portal)
    return configure(portal, ini).make_wsgi_app()


def warn_of_stand_ins(portal: settings.Settings) -> None:
    """Say in the log of a real installation what stays on its machine."""
    for name in portal.stand_ins if portal.environment == "production" else ():
        structlog.get_logger("start").warning("local_stand_in", setting=name)


def configure(portal: settings.Settings, ini=None) -> Configurator:
    """Put the parts together. Reading these lines is reading the architecture."""
    config = Configurator(settings={**TRANSACTIONS, **(ini or {})})
    config.registry.portal = portal
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    config.include("core.db")
    config.include("core.files")
    config.include("core.mail")
    config.include("core.texting")
    config.include("core.web.request")
    config.include("core.web.body")
    config.include("core.web.headers")
    config.include("core.web.csrf")
    config.include("core.web.templating")
    config.include("core.web.static")
    config.include("core.audit")
    config.include("core.web.office")
    config.include("core.office_banners")
    config.include("core.auth")
    config.include("core.people")
    config.include("core.web.routes")
    config.include("core.web.errors")
    config.include("core.web.health")
    config.include("core.web.suspended")
    config.include("core.web.moved")
    config.include("core.plugins")
    config.include("core.records.kinds")
    config.include("core.records.importing.readers")
    config.include("core.records.api.views")
    config.include("core.records.api.pages")
    config.include("tenants")
    config.include("core.tasks")
    config.include("core.web.last")
    return config
