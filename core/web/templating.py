"""Templates: where they are found, what they can use."""

from functools import cache
from types import CodeType

from jinja2 import BytecodeCache, Template
from jinja2.bccache import Bucket
from markupsafe import Markup
from pyramid.csrf import get_csrf_token
from pyramid.events import BeforeRender
from pyramid_jinja2 import IJinja2Environment, Jinja2TemplateRenderer

from core.web.formats import FILTERS


def csrf_field(request) -> Markup:
    """The hidden field that every form must hold."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(get_csrf_token(request))


def add_globals(event) -> None:
    """What every template knows without being told."""
    request = event.get("request")
    if request is None:
        return
    # An error page brings its tenant along, and asks the database nothing.
    if "trouble" not in (event.rendering_val or ()):
        event.update(tenant=request.tenant, identity=request.identity, person=request.person)
    event["csrf_field"] = lambda: csrf_field(request)


class SharedTemplate(Template):
    """A template whose macros are made once. The library asks at every import whether the globals have changed; ours never do."""

    def _get_default_module(self, ctx=None):
        return super()._get_default_module()


class CompiledOnce(BytecodeCache):
    """What the library made of each template, for all applications of a process. Tests make many; a sixth of their time went into compiling."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was kept of a template with this source."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


COMPILED = CompiledOnce()


class ByName:
    """Templates by their name alone. The library first looks for each beside the view, in vain, on every page: nine looks at the disk."""

    def __call__(self, info) -> Jinja2TemplateRenderer:
        """The renderer of one template."""
        environment = info.registry.queryUtility(IJinja2Environment, name=".jinja2")
        return Jinja2TemplateRenderer(lambda: environment.get_template(info.name))


def includeme(config) -> None:
    """Find core's templates by name and give them the filters."""
    config.add_settings({"jinja2.filters": FILTERS, "jinja2.trim_blocks": True, "jinja2.lstrip_blocks": True, "jinja2.autoescape": True})
    config.add_settings({"jinja2.bytecode_caching": COMPILED})
    config.include("pyramid_jinja2")
    config.add_jinja2_renderer(".jinja2")
    config.commit()
    environment = config.get_jinja2_environment()
    environment.template_class = SharedTemplate
    if not environment.auto_reload:
        # A page names some sixteen templates, and each look into the library's own store takes a lock.
        environment.get_template = cache(environment.get_template)
    config.add_renderer(".jinja2", ByName())
    config.add_jinja2_search_path("core.web:templates/")
    config.add_subscriber(add_globals, BeforeRender)
