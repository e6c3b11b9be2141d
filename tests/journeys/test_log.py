"""The log of the running portal names nobody.

The fixture `running` looks at the whole log after the last journey; here is the proof that it would notice.
"""


def test_the_look_at_the_log_would_notice_a_name(running, people_named_in):
    names = people_named_in("Elena Marlow wrote about a BRACKET; ELENA MARLOW, born 1985")
    assert "Elena Marlow" in names
    assert people_named_in("a visit was confirmed") == []


def test_the_log_holds_the_requests_and_no_person(running, signed_in_page, people_named_in):
    page = signed_in_page()
    for path in ("/appointments", "/account", "/plan", "/webmail", "/summary", "/images"):
        page.goto(running.address("sunrise", path))
    assert "appointments.home" in running.log()
    assert people_named_in(running.log()) == []
