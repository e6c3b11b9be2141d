import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugins.webmail.texts import MAX_BODY, MAX_SUBJECT, answer_subject, checked_body, checked_subject, is_readable, opening

ANYTHING = st.text(alphabet=st.characters(), max_size=300)  # halves of surrogate pairs and control characters included


def attempt(check, text):
    try:
        return check(text)
    except ValueError:
        return assume(False)


@given(ANYTHING)
def test_what_is_kept_of_a_message_can_be_stored_and_is_the_same_when_it_is_checked_again(text):
    body = attempt(checked_body, text)
    assert "\0" not in body
    assert "\r" not in body
    body.encode("utf-8")
    assert body == body.strip("\n")
    assert checked_body(body) == body


@given(ANYTHING)
def test_a_subject_is_one_line_that_can_be_stored(text):
    subject = attempt(checked_subject, text)
    assert len(subject.splitlines()) <= 1
    subject.encode("utf-8")
    assert checked_subject(subject) == subject


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=MAX_BODY))
def test_nothing_that_can_be_read_is_changed(text):
    assert checked_body(text) == text


@given(st.text(alphabet=st.characters(categories=["L", "N"]), max_size=2 * MAX_SUBJECT))
def test_an_answers_subject_fits_and_an_answer_to_the_answer_has_the_same_one(subject):
    answer = answer_subject(subject)
    assert answer.startswith("Re:")
    assert len(answer) <= MAX_SUBJECT
    assert answer_subject(answer) == answer


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "\0", "\u200b\u200d", "\u2028"])
def test_a_message_without_anything_to_read_is_refused(text):
    with pytest.raises(ValueError, match="write your message"):
        checked_body(text)


def test_line_breaks_of_every_system_become_the_same():
    assert checked_body("a\r\nb\rc\nd\u2028e  \n\n") == "a\nb\nc\nd\ne"


def test_a_nul_is_taken_out_and_the_words_around_it_stay():
    assert checked_body("one\0two") == "onetwo"


def test_limits_are_said_with_what_there_is():
    assert checked_body("x" * MAX_BODY)
    with pytest.raises(ValueError, match="5,000 characters; it has 5,001"):
        checked_body("x" * (MAX_BODY + 1))
    with pytest.raises(ValueError, match="100 characters; it has 101"):
        checked_subject("x" * (MAX_SUBJECT + 1))


def test_right_to_left_text_and_emoji_stay_as_they_are():
    assert checked_body("שלום 👩🏽‍⚕️ مرحبا") == "שלום 👩🏽‍⚕️ مرحبا"


def test_a_list_shows_how_a_message_begins_on_one_line():
    assert opening("\n  \n Dear Dr. Okafor,\n\nmy tooth") == "Dear Dr. Okafor, my tooth"
    assert opening("") == ""


def test_re_is_put_before_a_subject_once():
    assert answer_subject("RE: re: Crown") == "Re: Crown"
    assert answer_subject("") == "Re:"
    assert answer_subject("Regarding") == "Re: Regarding"


def test_invisible_characters_are_nothing_to_read():
    assert not is_readable("\u200b \u00a0")
    assert is_readable("👍")
