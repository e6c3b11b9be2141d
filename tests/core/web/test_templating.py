"""Templates."""

from jinja2 import DictLoader, Environment
from pyramid_jinja2 import IJinja2Environment

from core.web.templating import CompiledOnce


def _environment(registry):
    return registry.queryUtility(IJinja2Environment, name=".jinja2")


def test_a_template_is_compiled_once_for_all_applications_of_a_process(registry, portal_with, monkeypatch):
    _environment(registry).get_template("error.jinja2")
    other = _environment(portal_with().registry)
    monkeypatch.setattr(other, "compile", lambda *_, **__: "compiled anew")
    assert other.get_template("error.jinja2").name == "error.jinja2"


def test_a_template_that_was_changed_is_compiled_anew():
    compiled = CompiledOnce()
    for words in ("before", "after"):
        environment = Environment(autoescape=True, loader=DictLoader({"greeting.jinja2": words}), bytecode_cache=compiled)
        assert environment.get_template("greeting.jinja2").render() == words
