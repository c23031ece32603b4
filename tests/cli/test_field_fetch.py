"""``deepfractals field fetch``."""

from __future__ import annotations

import json
import threading
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deepfractals_gui.session import mnist, store


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path_factory, monkeypatch):
    """A server with small files in the place of MNIST's, and its address."""
    there = tmp_path_factory.mktemp("mirror")
    sets = {}
    for name, digits in mnist.SETS.items():
        made = []
        for archive in digits.archives:
            content = archive.name.encode() * 50
            (there / archive.name).write_bytes(content)
            made.append(mnist.Archive(archive.name, len(content), sha256(content).hexdigest()))
        sets[name] = mnist.Digits(digits.title, *made)
    monkeypatch.setattr(mnist, "SETS", sets)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(there)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield there, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_set_is_fetched_into_a_folder_and_its_place_is_told(command, in_folder, mirror):
    there, address = mirror
    outcome = command("field", "fetch", "--to", "digits", "--from", address)
    assert outcome.status == 0, outcome.err
    names = {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}
    assert {path.name for path in (in_folder / "digits").iterdir()} == names
    for name in names:
        assert (in_folder / "digits" / name).read_bytes() == (there / name).read_bytes()
    assert "10,000 digits of MNIST" in outcome.out
    assert "--data digits/t10k-images-idx3-ubyte.gz" in outcome.out.replace("\\", "/")


def test_without_a_folder_both_sets_go_to_the_users_data(command, in_folder, mirror, monkeypatch):
    monkeypatch.setattr(store, "data_folder", lambda: in_folder / "mine")
    outcome = command("field", "fetch", "all", "--from", mirror[1], "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert len(found) == 2
    assert found[1]["labels"] == str(in_folder / "mine/mnist/train-labels-idx1-ubyte.gz")
    assert len(list((in_folder / "mine/mnist").iterdir())) == 4


def test_a_file_that_is_not_the_one_expected_is_told_of_in_a_line(command, in_folder, mirror):
    (mirror[0] / "t10k-labels-idx1-ubyte.gz").write_bytes(b"something else")
    outcome = command("field", "fetch", "--to", "digits", "--from", mirror[1])
    assert outcome.status == 1
    assert "SHA-256" in outcome.line
    assert "t10k-labels" in outcome.line
    assert not (in_folder / "digits/t10k-labels-idx1-ubyte.gz").exists()


def test_without_a_connection_a_line_says_what_else_can_be_done(command, in_folder, mirror):
    outcome = command("field", "fetch", "--to", "digits", "--from", mirror[1] + "/elsewhere")
    assert outcome.status == 1
    assert "no mirror answers" in outcome.line
    assert "--data FILE" in outcome.line
    assert not list((in_folder / "digits").iterdir())


def test_other_addresses_are_refused(command):
    outcome = command("field", "fetch", "--from", "file:///etc")
    assert outcome.status == 2
    assert "http" in outcome.line
