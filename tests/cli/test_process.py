"""The command line as a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepfractals_gui import __main__ as entry
from deepfractals_gui.__main__ import BLAS_THREADS
from deepfractals_gui.core.resources import resource

APPLICATION = [sys.executable, "-m", "deepfractals_gui"]


def run(*arguments: str, cwd: Path, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*APPLICATION, *arguments], cwd=cwd, capture_output=True, text=True, check=False, **more
    )


def test_commands_load_no_qt(tmp_path):
    script = (
        "import sys\n"
        "from deepfractals_gui.__main__ import main\n"
        "assert main(['render', 'forward_pass', '--size', '24x16', '-o', 'a.png',"
        " '--samples', 'a.npz']) == 0\n"
        "assert main(['systems', '--json']) == 0\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'PySide6', 'shiboken6', 'pyqtgraph'}), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[-1] == "[]"
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize(("chosen", "expected"), [(None, "1"), ("3", "3")])
def test_products_of_matrices_stay_on_one_thread_unless_more_are_asked_for(chosen, expected):
    environment = {name: value for name, value in os.environ.items() if name not in BLAS_THREADS}
    if chosen:
        environment |= dict.fromkeys(BLAS_THREADS, chosen)
    script = (
        "import os, sys\n"
        "from deepfractals_gui import __main__ as entry\n"
        "assert 'numpy' not in sys.modules\n"
        "entry.main(['--version'])\n"
        "print(*(os.environ[name] for name in entry.BLAS_THREADS))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == " ".join([expected] * len(BLAS_THREADS))


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_render_leaves_the_old_file_and_no_other(tmp_path, number):
    target = tmp_path / "picture.png"
    target.write_bytes(b"old")
    # A program of our own sends the signal once rendering has begun: no guessing about time.
    script = (
        "import os, sys\n"
        "from deepfractals_gui.export import stills\n"
        "from deepfractals_gui.render import Renderer\n"
        "begun = Renderer.render_band\n"
        "def render_band(self, *args, **kwargs):\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "    return begun(self, *args, **kwargs)\n"
        "Renderer.render_band = render_band\n"
        "from deepfractals_gui.__main__ import main\n"
        "sys.exit(main(['render', 'forward_pass', '--size', '3000x3000', '-o', 'picture.png']))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == "deepfractals: interrupted; no file is left half written\n"
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


@pytest.mark.skipif(os.name != "posix", reason="pipes are those of POSIX")
def test_closed_pipe_is_no_error(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [*APPLICATION, "systems", "--json"],
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert result.stderr == ""
    assert result.returncode == 0


def test_module_and_entry_point_are_the_same_program(tmp_path):
    script = Path(sys.executable).with_name("deepfractals")
    if not script.exists():
        pytest.skip("the package isn't installed here")
    by_name = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert by_name.stdout == run("--version", cwd=tmp_path).stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is a display")
@pytest.mark.parametrize("display", ["", ":9876"])
def test_window_without_display_is_one_line_and_no_abort(tmp_path, display):
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
    }
    if display:
        environ["DISPLAY"] = display
    result = run(cwd=tmp_path, env=environ)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "no display" in result.stderr


def test_more_than_one_document_is_refused(tmp_path):
    result = run("a.json", "b.json", cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1


def test_bench_prints_its_figures_as_json(tmp_path):
    result = run(
        "bench", "forward_pass", "--size", "32x24", "--threads", "2", "--json", cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert set(data) == {"system", "points", "threads", "seconds", "points_per_second"}
    assert (data["system"], data["points"], data["threads"]) == ("forward_pass", 768, 2)
    assert data["points_per_second"] == pytest.approx(768 / data["seconds"])


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_the_output_lacks_are_written_otherwise(tmp_path, encoding):
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    result = run("systems", cwd=tmp_path, env=environ, encoding=encoding)
    assert result.returncode == 0, result.stderr
    assert "\\u03b4" in result.stdout


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize("redirection", ["2>&-", ">&-", ">&- 2>&-", "2>/dev/full"])
def test_closed_and_full_streams_keep_no_picture_from_being_made(tmp_path, redirection):
    words = [*APPLICATION, "render", "forward_pass", "--size", "24x16", "-o", "a.png"]
    words += ["--width", "1e-15", "--center", "1", "0"]
    result = subprocess.run(
        f"{shlex.join(words)} {redirection}", shell=True, cwd=tmp_path, check=False
    )
    assert result.returncode == 0
    assert (tmp_path / "a.png").is_file()


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
def test_bad_input_has_its_status_though_nobody_can_be_told(tmp_path):
    words = shlex.join([*APPLICATION, "render", "nothing"])
    for redirection in ("2>&-", "2>/dev/full"):
        result = subprocess.run(f"{words} {redirection}", shell=True, cwd=tmp_path, check=False)
        assert result.returncode == 2


def test_an_interrupt_before_a_command_begins_is_one_line(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "_run", interrupted)
    assert entry.main(["systems"]) == 1
    assert capsys.readouterr().err == "deepfractals: interrupted\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
def test_help_that_cannot_be_written_fails_in_one_line(tmp_path):
    words = shlex.join([*APPLICATION, "render", "--help"])
    result = subprocess.run(
        f"{words} >/dev/full", shell=True, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert result.stderr == "deepfractals: the output can't be written\n"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["memory", "compact"])
def test_an_export_decodes_on_a_processor_without_vector_units_or_fused_products(tmp_path, kind):
    few = ["--preset", kind, "--set", "characters=20000", "--epochs", "3"]
    assert run("atlas", "train", "run", *few, cwd=tmp_path).returncode == 0
    assert run("atlas", "export", "run", "-o", "book.atlas", cwd=tmp_path).returncode == 0
    plain = {
        **os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }  # fmt: skip
    result = run("atlas", "decode", "book.atlas", "-o", "book.txt", cwd=tmp_path, env=plain)
    assert result.returncode == 0, result.stderr
    expected = resource("books/alice29.txt").read_bytes()[:20000]
    assert (tmp_path / "book.txt").read_bytes() == expected
