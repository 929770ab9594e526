"""Documents of the web, with registers stubbed at the transport, and one real server on loopback."""

import gzip
import logging
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from indicators.folder import FolderClient
from indicators.http import HostLimits, RegisterUnreachable, WebClient, client_for
from indicators.parsed_records import ArchiveState, FetchedDocument
from settings import WrongInput

ADDRESS = "https://register.test/list.csv"


class Body(httpx.SyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces


def sent(*pieces: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, headers=headers, stream=Body(*pieces))


class Register:
    """A stubbed register: gives its answers in turn and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []
        self.now = 1000.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def client(tmp_path: Path) -> Callable[..., WebClient]:
    def make(register: Register, **options: object) -> WebClient:
        options = {"host_limits": {"register.test": HostLimits(request_interval=0.0)}, **options}
        return WebClient(
            tmp_path / "spool",
            transport=httpx.MockTransport(register),
            clock=lambda: register.now,
            sleep=register.sleep,
            **options,
        )

    return make


def content(fetched: FetchedDocument | None) -> bytes:
    assert fetched is not None
    with fetched.open() as stream:
        return stream.read()


def test_a_document_comes_with_its_name_address_and_validators(client: Callable[..., WebClient]) -> None:
    headers = {"etag": '"v1"', "last-modified": "Mon, 21 Apr 2025 10:00:00 GMT"}
    register = Register(httpx.Response(200, headers=headers, stream=Body(b"one,", b"two")))
    fetched = client(register, user_agent="watch/1").get(ADDRESS, "register/list.csv")
    assert content(fetched) == b"one,two"
    assert fetched[:2] + fetched[3:] == ("register/list.csv", ADDRESS, '"v1"', headers["last-modified"])
    assert register.requests[0].headers["user-agent"] == "watch/1"


def test_an_unchanged_document_is_not_sent_again(client: Callable[..., WebClient]) -> None:
    register = Register(httpx.Response(304))
    since = ArchiveState(
        validators={ADDRESS: ('"v1"', "Mon, 21 Apr 2025 10:00:00 GMT"), "https://other.test": ('"x"', None)}
    )
    assert client(register).get(ADDRESS, "list.csv", since) is None
    asked = register.requests[0].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"v1"', "Mon, 21 Apr 2025 10:00:00 GMT")


def test_a_304_to_a_first_question_is_not_taken_for_unchanged(client: Callable[..., WebClient]) -> None:
    with pytest.raises(RegisterUnreachable, match="answered 304"):
        client(Register(httpx.Response(304))).get(ADDRESS, "list.csv", ArchiveState())


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(404, "has moved or removed it"), (403, "check the key"), (401, "check the key"), (400, "correct the address")],
)
def test_a_refusal_is_not_tried_again(client: Callable[..., WebClient], status: int, remedy: str) -> None:
    register = Register(httpx.Response(status))
    with pytest.raises(RegisterUnreachable, match=rf"list.csv: answered {status} \(tried 1 time\); .*{remedy}"):
        client(register).get(ADDRESS, "list.csv")
    assert register.slept == []


def test_a_broken_server_is_tried_again_after_ever_longer_waits(client: Callable[..., WebClient]) -> None:
    register = Register(
        httpx.Response(500),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        sent(b"at last"),
    )
    assert content(client(register).get(ADDRESS, "list.csv")) == b"at last"
    assert [2**n <= wait <= 2**n + 1 for n, wait in enumerate(register.slept)] == [True] * 4


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (httpx.Response(503), "answered 503"),
        (httpx.ConnectError("[Errno -2]\nName or service not known"), r"\[Errno -2\] Name or service not known"),
        (httpx.ConnectTimeout(""), "no answer in time"),
        (httpx.ReadError(""), "ReadError"),
    ],
)
def test_giving_up_says_what_happened_how_often_and_what_to_do(
    client: Callable[..., WebClient], answer: httpx.Response | Exception, what: str
) -> None:
    with pytest.raises(RegisterUnreachable) as caught:
        client(Register(*[answer] * 3), attempts=3).get(ADDRESS, "list.csv")
    assert caught.match(
        rf"^https://register.test/list.csv: {what} \(tried 3 times\); try again later, or give a folder .* with --from$"
    )


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": "86400"}, 300),
        ({"retry-after": "Mon, 21 Apr 2025 10:00:20 GMT", "date": "Mon, 21 Apr 2025 10:00:00 GMT"}, 20),
    ],
)
def test_a_busy_register_says_how_long_to_wait(
    client: Callable[..., WebClient], headers: dict[str, str], wait: float
) -> None:
    register = Register(httpx.Response(429, headers=headers), sent(b"ok"))
    assert content(client(register).get(ADDRESS, "list.csv")) == b"ok"
    assert register.slept == [wait]


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}, {"retry-after": "0"}])
def test_without_a_usable_wait_we_back_off(client: Callable[..., WebClient], headers: dict[str, str]) -> None:
    register = Register(httpx.Response(503, headers=headers), sent(b"ok"))
    client(register).get(ADDRESS, "list.csv")
    (wait,) = register.slept
    assert 1 <= wait <= 2


def test_contracts_finder_says_403_when_it_wants_five_minutes_of_rest(tmp_path: Path) -> None:
    register = Register(httpx.Response(403), sent(b"ok"))
    client = WebClient(
        tmp_path, transport=httpx.MockTransport(register), clock=lambda: register.now, sleep=register.sleep
    )
    address = "https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search"
    assert content(client.get(address, "page.json")) == b"ok"
    assert register.slept == [300]


def test_requests_to_one_host_keep_their_distance(client: Callable[..., WebClient]) -> None:
    register = Register(*[sent(b"ok") for _ in range(4)])
    web = client(
        register,
        host_limits={"register.test": HostLimits(request_interval=2.0), "other.test": HostLimits(request_interval=2.0)},
    )
    web.get(ADDRESS, "a")
    web.get("https://other.test/b", "b")
    assert register.slept == []
    register.now += 0.5
    web.get(ADDRESS, "c")
    assert register.slept == [1.5]
    register.now += 60
    web.get(ADDRESS, "d")
    assert register.slept == [1.5]


def test_half_a_body_is_asked_for_again(client: Callable[..., WebClient], tmp_path: Path) -> None:
    half = httpx.Response(200, headers={"content-length": "8"}, stream=Body(b"half"))
    register = Register(half, sent(b"complete"))
    fetched = client(register).get(ADDRESS, "list.csv")
    assert content(fetched) == b"complete"
    assert len(list((tmp_path / "spool").iterdir())) == 1


def test_the_length_of_a_compressed_body_is_that_of_what_was_sent(client: Callable[..., WebClient]) -> None:
    packed = gzip.compress(b"one,two\n" * 100)
    headers = {"content-length": str(len(packed)), "content-encoding": "gzip"}
    register = Register(httpx.Response(200, headers=headers, stream=Body(packed)))
    assert content(client(register).get(ADDRESS, "list.csv")) == b"one,two\n" * 100


@pytest.mark.parametrize("headers", [{"content-length": "11"}, {}])
def test_a_document_larger_than_agreed_is_refused(
    client: Callable[..., WebClient], tmp_path: Path, headers: dict[str, str]
) -> None:
    register = Register(httpx.Response(200, headers=headers, stream=Body(b"123456", b"78901")))
    with pytest.raises(RegisterUnreachable, match=r"larger than 10 bytes \(tried 1 time\)"):
        client(register, max_bytes=10).get(ADDRESS, "list.csv")
    assert not any(tmp_path.glob("spool/*"))


def test_a_download_lasts_as_long_as_somebody_may_read_it(client: Callable[..., WebClient], tmp_path: Path) -> None:
    fetched = client(Register(sent(b"ok"))).get(ADDRESS, "list.csv")
    assert (content(fetched), content(fetched)) == (b"ok", b"ok")
    del fetched
    assert not any(tmp_path.glob("spool/*"))


def test_a_spool_that_cannot_be_written_is_said(client: Callable[..., WebClient], tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(WrongInput, match=r"spool: File exists; make it writable"):
        client(Register(sent(b"ok"))).get(ADDRESS, "list.csv")


@pytest.mark.parametrize("target", ["https://files.test/list.csv", "/moved/list.csv"])
def test_a_redirect_over_tls_is_followed(client: Callable[..., WebClient], target: str) -> None:
    register = Register(httpx.Response(302, headers={"location": target}), sent(b"ok"))
    fetched = client(register).get(ADDRESS, "list.csv")
    assert (content(fetched), fetched.address) == (b"ok", ADDRESS)


@pytest.mark.parametrize("target", ["http://files.test/a", "http://register.test/a", "http://127.0.0.1/admin"])
def test_a_redirect_away_from_tls_is_refused(client: Callable[..., WebClient], target: str) -> None:
    register = Register(httpx.Response(301, headers={"location": target}))
    with pytest.raises(RegisterUnreachable, match=r"redirected to http://.*, which is not https"):
        client(register).get(ADDRESS, "list.csv")
    assert len(register.requests) == 1


def test_redirects_in_a_circle_end(client: Callable[..., WebClient]) -> None:
    register = Register(*[httpx.Response(302, headers={"location": ADDRESS})] * 10)
    with pytest.raises(RegisterUnreachable, match="redirected more than 5 times"):
        client(register).get(ADDRESS, "list.csv")


@pytest.mark.parametrize(
    "address", ["http://register.test/a", "ftp://register.test/a", "list.csv", "https:///a", "https://a:b/"]
)
def test_only_https_addresses_are_asked(client: Callable[..., WebClient], address: str) -> None:
    register = Register()
    with pytest.raises(RegisterUnreachable, match=r"not an.* address.*\(tried 0 times\); correct it in the catalogue"):
        client(register).get(address, "a")
    assert register.requests == []


def test_a_key_goes_to_its_own_host_only_and_is_never_shown(
    client: Callable[..., WebClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    register = Register(
        httpx.Response(503), httpx.Response(302, headers={"location": "https://files.test/a"}), httpx.Response(404)
    )
    web = client(register, headers={"register.test": {"X-Api-Key": "s3cret"}})
    with pytest.raises(RegisterUnreachable) as caught:
        web.get("https://user:s3cret@register.test/list.csv?key=s3cret#s3cret", "list.csv")
    assert [request.headers.get("x-api-key") for request in register.requests] == ["s3cret", "s3cret", None]
    assert "s3cret" not in str(caught.value)
    assert "answered 503; trying again in" in caplog.text
    assert not any("s3cret" in record.getMessage() for record in caplog.records if record.name == "indicators.http")


def test_json_is_read(client: Callable[..., WebClient], tmp_path: Path) -> None:
    assert client(Register(sent(b'{"next": null}'))).get_json(ADDRESS) == {"next": None}
    assert not any(tmp_path.glob("spool/*"))


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff", b"[" * 100_000])
def test_a_page_that_is_not_json_is_said(client: Callable[..., WebClient], body: bytes) -> None:
    with pytest.raises(RegisterUnreachable, match="the answer is not JSON"):
        client(Register(sent(body))).get_json(ADDRESS)


def test_the_web_has_no_folder_to_look_in(client: Callable[..., WebClient]) -> None:
    with pytest.raises(WrongInput, match=r"ofsted/\*.csv: only available from a folder"):
        client(Register()).files("ofsted/*.csv")


def test_a_folder_is_preferred_where_one_is_given(tmp_path: Path) -> None:
    with client_for(tmp_path, tmp_path / "spool") as folder, client_for(None, tmp_path / "spool") as web:
        assert (type(folder), folder.is_folder) == (FolderClient, True)
        assert (type(web), web.is_folder) == (WebClient, False)


class Server(BaseHTTPRequestHandler):
    """One large document in pieces; and one that breaks off half-way, the first time."""

    protocol_version = "HTTP/1.1"
    piece = bytes(range(256)) * 256
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        is_cut = self.path == "/cut" and self.asked.count("/cut") == 1
        self.send_response(200)
        self.send_header("Content-Length", str(64 * len(self.piece)))
        self.end_headers()
        for _ in range(8 if is_cut else 64):
            self.wfile.write(self.piece)
        self.close_connection = is_cut

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        Server.asked.clear()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_real_server_is_streamed_and_a_broken_connection_mended(server: str, tmp_path: Path) -> None:
    slept: list[float] = []
    with WebClient(tmp_path, transport=httpx.HTTPTransport(), host_limits={}, sleep=slept.append) as client:
        whole = client.get(f"{server}/whole", "whole")
        mended = client.get(f"{server}/cut", "cut")
    assert content(whole) == content(mended) == Server.piece * 64
    assert Server.asked == ["/whole", "/cut", "/cut"]
    assert any(1 <= wait <= 2 for wait in slept)
