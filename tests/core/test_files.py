"""One contract for every store of files: a folder, S3 as far as it can be imitated, and a real S3 where one is named.

moto accepts wrong signatures and expired links, so what a signature must refuse is proven on the folder's links and on the
object storage that CUSPID_TEST_S3_URL names (s3://key:secret@bucket?endpoint=...), never on moto.
"""

import hashlib
import io
import os
import resource
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import webtest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyramid.config import Configurator

from core.config import WrongSetting
from core.files import FilesUnavailable, NoSuchFile, WrongKey, WrongLink, files_from_url, practice_key
from core.files.disposition import content_disposition, safe_name
from core.files.interface import Files, Link
from core.files.keys import practice_of
from core.files.links import Signer

SECRET = "a secret of at least thirty-two characters"
OFFICE, OTHER = uuid4(), uuid4()


@dataclass
class Place:
    """A store, and how a browser follows its links."""

    files: Files
    follow: Callable


def new_key(practice: UUID = OFFICE) -> str:
    return practice_key(practice, "images", uuid4())


def through_the_portal(files: Files, practice: UUID = OFFICE):
    """The view that serves a folder's links, at the address of one practice."""
    config = Configurator()
    config.registry.files = files
    config.add_request_method(lambda request: practice, "practice_id", reify=True)
    config.add_request_method(lambda request: files.within(practice), "files", reify=True)
    config.include("core.web.file_views")
    app = webtest.TestApp(config.make_wsgi_app())

    def follow(url: str, body: bytes | None = None, content_type: str = ""):
        answer = app.get(url, expect_errors=True) if body is None else app.put(url, body, content_type=content_type, expect_errors=True)
        return SimpleNamespace(status=answer.status_int, body=answer.body, headers=answer.headers)

    return follow


def over_the_network(url: str, body: bytes | None = None, content_type: str = ""):
    request = urllib.request.Request(url, data=body, method="GET" if body is None else "PUT")
    if body is not None:
        request.add_header("Content-Type", content_type)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return SimpleNamespace(status=answer.status, body=answer.read(), headers=answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return SimpleNamespace(status=error.code, body=error.read(), headers=error.headers)


@pytest.fixture(scope="module")
def imitation():
    """The address of an imitated object storage with the bucket `cuspid-files`."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"s3://key:secret@cuspid-files?endpoint=http://{host}:{port}&region=us-east-1"
    files_from_url(url, SECRET)._client.create_bucket(Bucket="cuspid-files")
    yield url
    server.stop()


@pytest.fixture(scope="module")
def imitated(imitation) -> Files:
    return files_from_url(imitation, SECRET)


REAL = ["real S3"] if os.environ.get("CUSPID_TEST_S3_URL") else []


@pytest.fixture
def make_place(request, tmp_path):
    """Make a place of one of the three sorts."""

    def make(sort: str) -> Place:
        if sort == "folder":
            files = files_from_url(f"file:{tmp_path}/files", SECRET)
            return Place(files, through_the_portal(files))
        real = sort == "real S3"
        return Place(
            files_from_url(os.environ["CUSPID_TEST_S3_URL"], SECRET) if real else request.getfixturevalue("imitated"), over_the_network
        )

    return make


@pytest.fixture(params=["folder", "imitated S3", *REAL])
def place(request, make_place) -> Place:
    return make_place(request.param)


@pytest.fixture(params=["folder", *REAL])
def strict_place(request, make_place) -> Place:
    """A place that looks at signatures, as the imitation does not."""
    return make_place(request.param)


@pytest.mark.skipif(not REAL, reason="CUSPID_TEST_S3_URL names no object storage, so signatures are proven on the folder's links only")
def test_the_contract_is_held_by_a_real_object_storage_too():
    files_from_url(os.environ["CUSPID_TEST_S3_URL"], SECRET).check()


@pytest.fixture
def files(place) -> Files:
    return place.files


def stored(files: Files, data: bytes, content_type: str = "image/jpeg") -> str:
    key = new_key()
    files.put(key, io.BytesIO(data), content_type)
    return key


# What is kept


@pytest.mark.parametrize("size", [0, 1, 1000, 3 * 2**20 + 7])
def test_a_file_comes_back_as_it_went_in(files, size):
    data, key = os.urandom(size), new_key()
    put = files.put(key, io.BytesIO(data), "image/jpeg")
    assert (put.key, put.size, put.sha256, put.content_type) == (key, size, hashlib.sha256(data).hexdigest(), "image/jpeg")
    assert files.stat(key) == put
    with files.open(key) as stream:
        assert stream.read(100) + stream.read() == data


def test_only_what_is_left_of_a_stream_is_stored(files):
    stream, key = io.BytesIO(b"left out, kept"), new_key()
    stream.seek(10)
    assert files.put(key, stream, "text/plain").size == 4


def test_a_second_file_under_a_key_replaces_the_first(files):
    key = stored(files, b"before")
    files.put(key, io.BytesIO(b"after it"), "image/png")
    with files.open(key) as stream:
        assert stream.read() == b"after it"
    assert (files.stat(key).size, files.stat(key).content_type) == (8, "image/png")


def test_a_stream_that_breaks_leaves_nothing_and_does_not_harm_what_was_there(files):
    class Breaks(io.RawIOBase):
        def read(self, count=-1):
            if self.tell_read:
                raise RuntimeError("the sender went away")
            self.tell_read = True
            return b"half"

        tell_read = False

    kept, fresh = stored(files, b"whole"), new_key()
    for key in (kept, fresh):
        with pytest.raises(RuntimeError):
            files.put(key, Breaks(), "image/jpeg")
    with files.open(kept) as stream:
        assert stream.read() == b"whole"
    with pytest.raises(NoSuchFile):
        files.stat(fresh)


def test_a_file_that_is_not_there_is_told_as_such(files):
    for ask in (files.open, files.stat, lambda key: files.copy(key, new_key())):
        with pytest.raises(NoSuchFile):
            ask(new_key())


def test_a_deleted_file_is_gone_and_deleting_twice_is_no_error(files):
    key = stored(files, b"x")
    files.delete(key)
    files.delete(key)
    with pytest.raises(NoSuchFile):
        files.open(key)


def test_all_files_of_a_practice_go_together_and_nobody_elses(files):
    mine, other = uuid4(), uuid4()
    for practice in (mine, mine, other):
        files.put(new_key(practice), io.BytesIO(b"?"), "text/plain")
    assert (files.count(mine), files.count(other), files.count(uuid4())) == (2, 1, 0)
    assert (files.size(mine), files.size(uuid4())) == (2, 0)
    files.within(mine).delete_all(mine)
    files.delete_all(uuid4())
    assert (files.count(mine), files.within(other).count(other)) == (0, 1)
    for ask in (files.within(mine).delete_all, files.within(mine).count, files.within(mine).size):
        with pytest.raises(WrongKey):
            ask(other)


def test_a_copy_lives_on_without_its_source(files):
    source, target = stored(files, b"the same", "image/webp"), new_key()
    copied = files.copy(source, target)
    files.delete(source)
    assert (copied.key, copied.size, copied.content_type, copied.sha256) == (
        target,
        8,
        "image/webp",
        hashlib.sha256(b"the same").hexdigest(),
    )
    with files.open(target) as stream:
        assert stream.read() == b"the same"


def test_a_store_that_is_there_passes_its_check(files):
    files.check()


# Whose it is


def test_no_file_is_copied_from_one_practice_to_another(files):
    with pytest.raises(WrongKey):
        files.copy(stored(files, b"x"), new_key(OTHER))


def test_a_practice_reaches_its_own_files_only(files):
    own, foreign = files.within(OFFICE), new_key(OTHER)
    files.put(foreign, io.BytesIO(b"not yours"), "image/jpeg")
    key = own.new_key("images", uuid4())
    own.put(key, io.BytesIO(b"yours"), "image/jpeg")
    for refused in (
        lambda: own.open(foreign),
        lambda: own.stat(foreign),
        lambda: own.delete(foreign),
        lambda: own.put(foreign, io.BytesIO(b""), "image/jpeg"),
        lambda: own.copy(foreign, key),
        lambda: own.copy(key, foreign),
        lambda: own.signed_url(foreign),
    ):
        with pytest.raises(WrongKey):
            refused()
    assert own.stat(key).size == 5
    assert files.stat(foreign).size == 9


NO_KEYS = {
    "nothing": "",
    "a slash": "/",
    "no practice": "images/1",
    "a way out": f"{OFFICE}/images/../../{OTHER}",
    "a line end": f"{OFFICE}/images/{OTHER}\n",
    "capitals": f"{OFFICE}/IMAGES/{OTHER}",
    "a leading slash": f"/{OFFICE}/images/{OTHER}",
    "no text": None,
}


@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_key_is_refused_everywhere(files, key):
    for ask in (files.open, files.stat, files.delete, files.signed_url, lambda key: files.put(key, io.BytesIO(b""), "image/jpeg")):
        with pytest.raises(WrongKey):
            ask(key)


@given(st.text(), st.text())
def test_nothing_that_was_typed_gets_into_a_key(plugin, token):
    with pytest.raises(WrongKey):
        practice_key(OFFICE, plugin, token)  # type: ignore[arg-type]
    with pytest.raises(WrongKey):
        practice_of(f"{plugin}/{token}")


@given(st.uuids(), st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True), st.uuids())
def test_a_key_tells_its_practice(practice, plugin, token):
    assert practice_of(practice_key(practice, plugin, token)) == practice


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.uuids(), st.uuids())
def test_a_folder_keeps_every_file_inside_itself(tmp_path, practice, token):
    files = files_from_url(f"file:{tmp_path}/files", SECRET)
    path = files._path(practice_key(practice, "images", token))
    assert path.resolve().is_relative_to(tmp_path / "files" / str(practice))


# Links


def test_a_link_hands_out_the_file_as_what_it_is(place):
    url = place.files.signed_url(stored(place.files, b"picture"), content_type="image/jpeg", filename="picture.jpg")
    answer = place.follow(url)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"picture", "image/jpeg")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="picture.jpg"'


def test_a_link_shows_in_place_only_what_is_safe_there(place):
    key = stored(place.files, b"<script>")
    shown = place.follow(place.files.signed_url(key, content_type="image/png", inline=True)).headers["Content-Disposition"]
    saved = place.follow(place.files.signed_url(key, content_type="text/html", inline=True)).headers["Content-Disposition"]
    assert (shown.split(";")[0], saved.split(";")[0]) == ("inline", "attachment")


def test_a_link_that_stores_takes_the_file(place):
    key = new_key()
    url = place.files.signed_url(key, "PUT", content_type="image/png", size=7)
    assert place.follow(url, b"picture", "image/png").status in {200, 204}
    with place.files.open(key) as stream:
        assert stream.read() == b"picture"
    assert place.files.stat(key).content_type == "image/png"


@pytest.mark.parametrize("details", [{"expires_seconds": 0}, {"expires_seconds": 901}, {"method": "DELETE"}, {"method": "PUT"}])
def test_a_link_that_allows_too_much_is_not_made(files, details):
    with pytest.raises(WrongLink):
        files.signed_url(new_key(), **details)


def test_a_link_that_was_changed_leads_nowhere(strict_place):
    url = strict_place.files.signed_url(stored(strict_place.files, b"picture"))
    for changed in (url[:-1] + ("a" if url[-1] != "a" else "b"), url + "a", url.replace(url[-30], "!", 1)):
        assert strict_place.follow(changed).status in {400, 403, 404}


def test_a_link_to_one_file_is_none_to_another(strict_place):
    one, two = stored(strict_place.files, b"one"), stored(strict_place.files, b"two")
    url = strict_place.files.signed_url(one)
    assert strict_place.follow(url.replace(one, two)).body != b"two"


def test_an_expired_link_leads_nowhere(strict_place, monkeypatch):
    url = strict_place.files.signed_url(stored(strict_place.files, b"picture"), expires_seconds=1)
    if strict_place.files.direct:
        time.sleep(2.1)  # the store's clock is not ours to turn
    else:
        really = time.time
        monkeypatch.setattr(time, "time", lambda: really() + 2)
    assert strict_place.follow(url).status in {403, 404}


def test_a_link_that_reads_does_not_store_and_the_other_way_round(strict_place):
    key = stored(strict_place.files, b"picture")
    assert strict_place.follow(strict_place.files.signed_url(key, content_type="image/png"), b"other", "image/png").status in {403, 404}
    assert strict_place.follow(strict_place.files.signed_url(key, "PUT", content_type="image/png", size=5)).status in {403, 404}


def test_a_link_that_stores_takes_only_the_size_and_type_that_were_announced(strict_place):
    key = new_key()
    url = strict_place.files.signed_url(key, "PUT", content_type="image/png", size=7)
    assert strict_place.follow(url, b"far more than seven", "image/png").status in {403, 422}
    assert strict_place.follow(url, b"picture", "text/html").status in {403, 422}
    with pytest.raises(NoSuchFile):
        strict_place.files.stat(key)


def test_the_folders_links_work_at_their_own_practices_address_only(tmp_path):
    files = files_from_url(f"file:{tmp_path}/files", SECRET)
    key = stored(files, b"picture")
    elsewhere = through_the_portal(files, OTHER)
    assert elsewhere(files.signed_url(key)).status == 404
    assert elsewhere(files.signed_url(new_key(), "PUT", content_type="image/png", size=1), b"x", "image/png").status == 404


def test_a_file_that_is_handed_on_can_never_act_as_a_page(tmp_path):
    files = files_from_url(f"file:{tmp_path}/files", SECRET)
    follow = through_the_portal(files)
    for content_type, inline in (("image/jpeg", True), ("text/html", True), ("application/pdf", False)):
        headers = follow(files.signed_url(stored(files, b"<script>"), content_type=content_type, inline=inline)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert {"default-src 'none'", "sandbox"} <= set(headers["Content-Security-Policy"].split("; "))


@given(st.text(max_size=300))
def test_no_made_up_token_is_a_link(token):
    with pytest.raises(WrongLink):
        Signer(SECRET).read(token)


@given(st.integers(1, 900), st.sampled_from(["", "a.jpg", "\u00fc\u202e"]), st.booleans(), st.integers(0, 10**12))
def test_a_token_says_what_was_signed_until_its_time_is_over(seconds, filename, inline, now):
    link = Link(new_key(), "GET", seconds, "image/png", filename, None, inline)
    token = Signer(SECRET).token(link, now)
    assert Signer(SECRET).read(token, now) == link
    for signer, then in ((Signer(SECRET), now + seconds), (Signer(SECRET + "x"), now)):
        with pytest.raises(WrongLink):
            signer.read(token, then)


# Names


@settings(max_examples=500)
@given(st.text(max_size=300), st.sampled_from(["image/jpeg", "text/html"]), st.booleans())
def test_any_file_name_makes_a_header_that_reads_back_as_a_safe_name(name, content_type, inline):
    header = content_disposition(name, content_type, inline)
    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    read_back = dict(message.get_params(header="content-disposition"))["filename"]  # of two, the extended one
    if isinstance(read_back, tuple):
        read_back = read_back[2].encode("latin-1").decode()
    assert read_back == safe_name(name)
    assert 0 < len(read_back) <= 120
    assert not set(read_back) & set('/\\:*?"<>|\r\n\0\u202e')
    assert message.get_content_disposition() == ("inline" if inline and content_type == "image/jpeg" else "attachment")


def test_a_long_name_keeps_its_ending():
    assert safe_name("x" * 300 + ".jpeg") == "x" * 115 + ".jpeg"
    assert safe_name("../../etc/passwd") == "etc passwd"
    assert safe_name("...") == "file"


# Faults and settings


def test_storage_that_is_away_is_told_as_such():
    files = files_from_url("s3://key:secret@bucket?endpoint=http://127.0.0.1:9", SECRET)
    for ask in (files.open, files.stat, lambda key: files.put(key, io.BytesIO(b""), "image/jpeg"), lambda _: files.check()):
        with pytest.raises(FilesUnavailable):
            ask(new_key())


def test_a_folder_that_cannot_be_one_is_told_as_such(tmp_path):
    (tmp_path / "files").write_text("in the way")
    files = files_from_url(f"file:{tmp_path}/files", SECRET)
    for ask in (lambda: files.put(new_key(), io.BytesIO(b""), "image/jpeg"), files.check):
        with pytest.raises(FilesUnavailable):
            ask()


def test_a_bucket_that_is_not_there_is_told_as_such(imitation):
    with pytest.raises(FilesUnavailable, match="the object storage has no such bucket"):
        files_from_url(imitation.replace("cuspid-files", "nowhere-here"), SECRET).check()


def test_objects_are_encrypted_at_rest_as_the_setting_says(imitation):
    files = files_from_url(imitation + "&encryption=AES256", SECRET)
    source, target = stored(files, b"x"), new_key()
    files.copy(source, target)
    for key in (source, target):
        assert files._client.head_object(Bucket="cuspid-files", Key=key)["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize(
    "url", ["", "files", "file:relative", "file://host/folder", "ftp://x", "s3:", "s3://bucket?regoin=x", "s3://bucket?encryption=rot13"]
)
def test_an_address_that_names_no_store_stops_the_start(url):
    with pytest.raises(WrongSetting, match="CUSPID_FILES_URL"):
        files_from_url(url, SECRET)


def test_an_s3_address_is_read_with_its_credentials():
    files = files_from_url(
        "s3://a%2Fkey:se%2Fcret@Some.Bucket?endpoint=https://s3.example.test&region=eu-west-1&encryption=aws:kms", SECRET
    )
    bucket = files._bucket
    assert (bucket.name, bucket.access_key, bucket.secret_key, bucket.encryption) == ("Some.Bucket", "a/key", "se/cret", "aws:kms")
    link = urlsplit(files.signed_url(new_key()))
    assert (link.netloc, link.path.split("/")[1]) == ("s3.example.test", "Some.Bucket")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link.query


def test_a_large_file_passes_through_in_pieces(tmp_path):
    files = files_from_url(f"file:{tmp_path}/files", SECRET)
    key, big = new_key(), tmp_path / "big"
    with big.open("wb") as target:
        target.truncate(200 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with big.open("rb") as stream:
        assert files.put(key, stream, "image/jpeg").size == 200 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # KiB
