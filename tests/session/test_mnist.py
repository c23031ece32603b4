"""Fetching MNIST, from servers of this computer."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.session import mnist
from deepfractals_gui.session.mnist import Archive, Digits, FetchError, fetch

IMAGES, LABELS = b"images" * 20_000, b"labels" * 30


def archive(name: str, content: bytes) -> Archive:
    return Archive(name, len(content), hashlib.sha256(content).hexdigest())


SMALL = Digits("a few", archive("images.gz", IMAGES), archive("labels.gz", LABELS))
GOOD = {"images.gz": IMAGES, "labels.gz": LABELS}
Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server of these files, and give its address; ``asked`` gets what is asked for."""
    servers = []

    def start(
        files: dict[str, bytes], asked: list[str] | None = None, hold: threading.Event | None = None
    ) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                if asked is not None:
                    asked.append(name)
                if name not in files:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.end_headers()
                half = len(files[name]) // 2
                self.wfile.write(files[name][:half])
                self.wfile.flush()
                if hold is not None:
                    hold.wait(60)
                self.wfile.write(files[name][half:])

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/mnist/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def closed_address() -> str:
    """An address of this computer where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/"


def test_images_and_labels_are_written_and_progress_ends_at_one(serve, tmp_path):
    told: list[float] = []
    path = fetch(SMALL, tmp_path / "new" / "mnist", mirrors=[serve(GOOD)], progress=told.append)
    assert path.read_bytes() == IMAGES
    assert {one.name for one in path.parent.iterdir()} == {"images.gz", "labels.gz"}
    assert path.with_name("labels.gz").read_bytes() == LABELS
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert 0.0 < told[0] < 1.0


def test_what_is_there_is_not_fetched_again_and_what_is_damaged_is(serve, tmp_path):
    asked: list[str] = []
    mirror = serve(GOOD, asked)
    fetch(SMALL, tmp_path, mirrors=[mirror])
    (tmp_path / "labels.gz").write_bytes(LABELS[:-1] + b"x")
    fetch(SMALL, tmp_path, mirrors=[mirror])
    assert asked == ["images.gz", "labels.gz", "labels.gz"]
    assert (tmp_path / "labels.gz").read_bytes() == LABELS


def test_the_second_mirror_helps_where_the_first_is_gone_lacks_it_or_is_wrong(serve, tmp_path):
    bad = {**GOOD, "images.gz": IMAGES[:-1] + b"x"}
    for number, first in enumerate((closed_address(), serve({}), serve(bad))):
        path = fetch(SMALL, tmp_path / str(number), mirrors=[first, serve(GOOD)])
        assert path.read_bytes() == IMAGES


@pytest.mark.parametrize(
    "content", [IMAGES[:-1] + b"x", IMAGES + b"more", IMAGES[:-1], b""],
    ids=["changed", "longer", "shorter", "empty"],
)  # fmt: skip
def test_a_wrong_file_is_told_of_in_a_line_and_not_kept(serve, tmp_path, content):
    with pytest.raises(FetchError, match=r"images\.gz: what 127\.0\.0\.1 sends .*SHA-256") as found:
        fetch(SMALL, tmp_path, mirrors=[serve({**GOOD, "images.gz": content}), closed_address()])
    assert "\n" not in str(found.value)
    assert not list(tmp_path.iterdir())


def test_a_wrong_file_leaves_the_one_that_was_there(serve, tmp_path):
    (tmp_path / "images.gz").write_bytes(b"of mine")
    with pytest.raises(FetchError):
        fetch(SMALL, tmp_path, mirrors=[serve({**GOOD, "images.gz": b"wrong"})])
    assert (tmp_path / "images.gz").read_bytes() == b"of mine"


def test_no_connection_is_told_of_in_a_line(tmp_path):
    with pytest.raises(FetchError, match=r"no mirror answers: 127\.0\.0\.1: .*refused"):
        fetch(SMALL, tmp_path, mirrors=[closed_address()])
    assert not list(tmp_path.iterdir())


def test_an_answer_that_is_no_file_names_its_number(serve, tmp_path):
    with pytest.raises(FetchError, match="it answers 404"):
        fetch(SMALL, tmp_path, mirrors=[serve({})])


def test_a_mirror_that_falls_silent_is_given_up(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "TIMEOUT", 0.2)
    hold = threading.Event()
    with pytest.raises(FetchError, match="it took too long"):
        fetch(SMALL, tmp_path, mirrors=[serve(GOOD, hold=hold)])
    hold.set()


def test_no_other_kind_of_address_is_read(tmp_path):
    (tmp_path / "images.gz").write_bytes(IMAGES)
    with pytest.raises(FetchError, match="http"):
        fetch(SMALL, tmp_path / "into", mirrors=[f"{tmp_path.as_uri()}/"])


def test_cancelling_ends_it_while_the_network_is_silent(serve, tmp_path):
    hold, flag = threading.Event(), CancelFlag()
    mirror = serve(GOOD, hold=hold)

    def told(share: float) -> None:
        # The first half has come, the second never does.
        if share > 0.4:
            flag.set()

    with pytest.raises(Cancelled):
        fetch(SMALL, tmp_path, mirrors=[mirror], progress=told, cancel=flag)
    hold.set()
    assert not list(tmp_path.iterdir())


def test_both_sets_are_named_as_the_field_finds_labels():
    for digits in mnist.SETS.values():
        assert digits.images.name.replace("images-idx3", "labels-idx1") == digits.labels.name
        assert all(len(one.sha256) == 64 for one in digits.archives)
    assert replace(SMALL, title="b").size == len(IMAGES) + len(LABELS)
