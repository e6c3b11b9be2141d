"""What a new practice is shown to do first."""


def done(page) -> dict[str, bool]:
    return {row.select_one("a").get_text(strip=True): "Done" in row.get_text() for row in page.html.select("#first-steps li")}


def test_a_new_practice_sees_what_is_left_until_it_wants_that_no_more(office, make, audited):
    app = office()
    steps = done(app.get("/office"))
    assert steps["Add the first patient"] is False
    assert steps["How to reach you"] is True
    make.patient()
    make.staff("front_desk")
    page = app.get("/office")
    assert [title for title, is_done in done(page).items() if not is_done] == ["Your look", "Opening hours", "Invite the rest"]
    assert "not shown any more" in page.forms["close-steps"].submit().follow().text
    assert done(app.get("/office")) == {}
    assert len(audited("office.first_steps.close")) == 1


def test_only_who_runs_the_office_sees_them(office, practice, entered):
    assert done(office("front_desk").get("/office")) == {}
    assert done(office(clinic_ids=(practice.clinic_id,)).get("/office")) == {}
    assert done(entered().get("/office")) == {}
