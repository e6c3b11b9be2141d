"""What offices read about each setting."""

import pytest

from core.settings import PortalSettings


def fields_of(registry):
    return [
        (f"{plugin}.{name}", info)
        for plugin, schema in registry.plugins.settings.items()
        if schema
        for name, info in schema.model_fields.items()
    ]


def test_every_setting_has_a_title_and_says_what_it_does(registry):
    assert len(fields_of(registry)) > 15
    silent = [name for name, info in fields_of(registry) if not (info.title and info.description)]
    assert not silent


@pytest.mark.parametrize("name", sorted(PortalSettings.model_fields.keys() - {"tab_order", "tab_titles"}))
def test_settings_of_the_portal_hold_for_the_whole_practice(name):
    # They are asked before anybody knows whose clinic counts; names and order of the tabs are not.
    extra = PortalSettings.model_fields[name].json_schema_extra
    assert extra["whole_practice"] is True
