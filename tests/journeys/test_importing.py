"""The office takes the patients of an office that it has bought in from a table: sent, its columns told, checked, looked at, and taken in by the worker."""

from playwright.sync_api import expect

ROWS = "Chart,Surname,Given,Birthday,Shoe\nOAK-1,Birdwhistle,Maud,1961-04-02,38\nOAK-2,Birdwhistle,Cyril,the spring of 1960,44\n"


def test_a_table_of_patients_is_sent_checked_and_taken_in(own_office, faults_of, tmp_path):
    table = tmp_path / "oak hill.csv"
    table.write_text(ROWS)
    desk = own_office.admin_page()
    desk.goto(own_office.at("/office"))
    desk.get_by_role("link", name="Imports").first.click()
    desk.get_by_label("What it is").select_option("table:people")
    desk.locator("input[name=file]").set_input_files(table)
    desk.get_by_label("Where it comes from").fill("Oak Hill")
    desk.get_by_label("Another system’s").check()
    faults = faults_of(desk)
    desk.get_by_role("button", name="Check the file").click()

    columns = desk.get_by_label("Field of the column Given")
    columns.select_option("first_name")
    desk.get_by_label("Field of the column Surname").select_option("last_name")
    desk.get_by_label("Field of the column Birthday").select_option("birthdate")
    faults += faults_of(desk)
    desk.get_by_role("button", name="Check the file").click()

    # The worker reads it; the page looks again by itself.
    expect(desk.get_by_role("heading", name="What would come of it")).to_be_visible()
    expect(desk.locator("section[aria-labelledby=refused]")).to_contain_text("Line 3")
    faults += faults_of(desk)
    desk.get_by_role("button", name="Take in").click()
    expect(desk.get_by_role("heading", name="What came of it", exact=True)).to_be_visible()
    desk.get_by_role("button", name="Throw the file away").click()
    expect(desk.locator("main")).to_contain_text("The file is thrown away")

    desk.get_by_role("link", name="Patients").first.click()
    desk.locator("[name=find]").fill("birdwhistel")
    desk.locator("[name=find]").press("Enter")
    expect(desk.get_by_role("link", name="Birdwhistle, Maud")).to_be_visible()
    assert faults == []
