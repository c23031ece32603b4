"""The set-up, on machines that lack this or that."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from firstrun import command, environment, stamp, system
from firstrun.machine import Machine

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "bootstrap.py"


def test_first_run_makes_environment_installs_warms_and_starts(machine):
    assert command.main(["run", "picture.png"], machine) == 0
    assert machine.ran("-m venv")
    pip = machine.ran("pip install")
    assert len(pip) == 2
    assert "numba" in pip[0]
    assert "pytest>=" not in pip[0]
    assert "constraints.txt" in pip[0]
    assert "--editable" in pip[1]
    assert machine.ran("kernels.warm")
    assert machine.started == [
        str(machine.python),
        "-P",
        "-m",
        "deepfractals_gui",
        "picture.png",
    ]


def test_second_run_runs_nothing_but_the_application(machine):
    command.main(["run"], machine)
    machine.commands.clear()
    machine.words.clear()
    assert command.main(["run", "--x", "a b", ""], machine) == 0
    assert machine.commands == []
    assert machine.words == []
    assert machine.started[-3:] == ["--x", "a b", ""]


def test_test_after_run_adds_the_development_packages(machine):
    command.main(["run"], machine)
    machine.commands.clear()
    assert command.main(["test", "-k", "cli"], machine) == 0
    assert "pytest" in machine.ran("pip install")[0]
    assert not machine.ran("-m venv")
    assert machine.started[1:3] == ["-m", "pytest"]
    assert machine.started[-2:] == ["-k", "cli"]


def test_run_after_test_installs_nothing(machine):
    command.main(["test"], machine)
    machine.commands.clear()
    assert command.main(["run"], machine) == 0
    assert machine.commands == []


@pytest.mark.parametrize("name", ["pyproject.toml", "packaging/constraints.txt"])
def test_changed_pins_are_installed_into_the_same_environment(machine, name):
    command.main(["run"], machine)
    machine.commands.clear()
    with (machine.root / name).open("a") as file:
        file.write("\n# another\n")
    assert command.main(["run"], machine) == 0
    assert machine.ran("pip install")
    assert not machine.ran("-m venv")


def test_vanished_package_is_installed_again(machine):
    command.main(["run"], machine)
    machine.commands.clear()
    next(machine.venv.glob("lib/*/site-packages/numpy*")).rmdir()
    command.main(["run"], machine)
    assert machine.ran("pip install")


def test_changed_kernels_are_compiled_again(machine):
    command.main(["run"], machine)
    machine.commands.clear()
    (machine.root / "deepfractals_gui" / "kernels" / "forward.py").write_text("x = 1\n")
    command.main(["run"], machine)
    assert machine.ran("kernels.warm")
    assert not machine.ran("pip install")


def test_deleted_kernel_cache_is_compiled_again(machine):
    command.main(["run"], machine)
    machine.commands.clear()
    (machine.root / "cache" / "warm").unlink()
    command.main(["run"], machine)
    assert machine.ran("kernels.warm")


def test_kernels_that_cannot_be_kept_are_not_compiled_again_and_again(machine):
    machine.answers["kernels.warm"] = (0, "")
    command.main(["run"], machine)
    assert "can't be kept" in machine.said
    machine.commands.clear()
    command.main(["run"], machine)
    assert machine.commands == []


def test_failing_kernels_are_said_and_the_application_starts(machine):
    machine.answers["kernels.warm"] = (1, "Traceback\nValueError: no such type\n")
    assert command.main(["run"], machine) == 0
    assert "ValueError: no such type" in machine.said
    assert machine.started


def test_missing_venv_without_rights_prints_the_exact_line(machine):
    machine.modules.clear()
    assert command.main(["run"], machine) == 2
    assert "sudo apt-get install python3-venv" in machine.said
    assert not machine.ran("apt-get")
    assert not machine.started


def test_missing_venv_of_another_python_names_its_package(machine):
    machine.modules.clear()
    machine.executable = "/usr/bin/python3.13"
    machine.version = (3, 13)
    assert command.main(["run"], machine) == 2
    assert "python3.13-venv" in machine.said


def test_missing_venv_as_root_says_so_updates_and_installs(machine):
    machine.modules.clear()
    machine.root_user = True
    said_before: list[str] = []

    def note(arguments: list[str]) -> None:
        if "apt-get" in arguments and "install" in arguments:
            said_before.extend(machine.words)
            machine.modules |= {"venv", "ensurepip"}

    machine.on_run = note
    assert command.main(["run"], machine) == 0
    update, install = machine.ran("apt-get")
    assert update.endswith("update")
    assert install.endswith("install --yes --no-install-recommends python3-venv")
    assert any("apt-get install python3-venv" in words for words in said_before)
    assert "sudo" not in update


def test_sudo_that_asks_for_no_password_is_used_after_saying_so(machine):
    machine.modules.clear()
    machine.programs.add("sudo")
    assert command.main(["run"], machine) == 0
    assert [text.split()[:2] for text in machine.ran("apt-get")] == [["/usr/bin/sudo", "-n"]] * 2
    assert "with sudo" in machine.said


def test_sudo_that_asks_for_a_password_is_not_used(machine):
    machine.modules.clear()
    machine.programs.add("sudo")
    machine.answers["sudo -n true"] = (1, "sudo: a password is required")
    assert command.main(["run"], machine) == 2
    assert not machine.ran("apt-get")


@pytest.mark.parametrize("arguments", [["--no-system", "run"], ["run", "--no-system"]])
def test_no_system_installs_nothing_even_as_root(machine, arguments):
    machine.root_user = True
    machine.modules.clear()
    machine.missing = {"libEGL.so.1"}
    assert command.main(arguments, machine) == 2
    assert not machine.ran("apt-get")
    assert "apt-get install python3-venv libegl1" in machine.said
    assert "sudo" not in machine.said


def test_every_missing_thing_is_in_one_line(machine):
    machine.modules.clear()
    machine.missing = {"libglib-2.0.so.0", "libxcb-cursor.so.0"}
    machine.fonts = False
    assert command.main(["run"], machine) == 2
    line = "python3-venv libglib2.0-0 libxcb-cursor0 fonts-dejavu-core"
    assert f"sudo apt-get install {line}" in machine.said


@pytest.mark.parametrize(
    ("release", "package"),
    [
        ({"ID": "debian", "VERSION_ID": "12"}, "libglib2.0-0"),
        ({"ID": "debian", "VERSION_ID": "13"}, "libglib2.0-0t64"),
        ({"ID": "debian"}, "libglib2.0-0t64"),
        ({"ID": "ubuntu", "VERSION_ID": "22.04"}, "libglib2.0-0"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "libglib2.0-0t64"),
    ],
)
def test_renamed_packages_follow_the_release_where_lists_are_empty(machine, release, package):
    machine.os_release = release
    machine.missing = {"libglib-2.0.so.0"}
    assert command.main(["run"], machine) == 2
    assert machine.said.endswith(f"install {package}")


def test_package_lists_decide_the_name_where_there_are_some(machine):
    machine.missing = {"libglib-2.0.so.0"}
    machine.answers["libglib2.0-0t64"] = (0, "Package: libglib2.0-0t64\n")
    assert command.main(["run"], machine) == 2
    assert machine.said.endswith("install libglib2.0-0t64")


def test_failing_package_list_update_gives_its_reason(machine):
    machine.root_user = True
    machine.missing = {"libEGL.so.1"}
    machine.answers["apt-get -q"] = (100, "Err\nE: Could not resolve 'deb.example'\n")
    assert command.main(["run"], machine) == 1
    assert machine.words[-1] == "apt-get update failed: Could not resolve 'deb.example'"


def test_other_linux_is_told_which_libraries_are_missing(machine):
    machine.programs.clear()
    machine.missing = {"libEGL.so.1", "libxcb-cursor.so.0"}
    assert command.main(["run"], machine) == 2
    assert "libEGL.so.1, libxcb-cursor.so.0" in machine.said


def test_commands_without_a_window_need_no_window_libraries(machine):
    machine.missing = {need.probe for need in (*system.OFFSCREEN, *system.WINDOW)}
    assert command.main(["run", "render", "forward_pass"], machine) == 0
    assert machine.started[-2:] == ["render", "forward_pass"]


def test_tests_go_on_without_a_virtual_display(machine):
    machine.programs -= {"Xvfb", "openbox"}
    machine.missing = {"libxcb-cursor.so.0"}
    assert command.main(["test"], machine) == 0
    assert "will be skipped" in machine.said
    assert "sudo apt-get install libxcb-cursor0 xvfb openbox" in machine.said
    assert machine.started[1:3] == ["-m", "pytest"]


def test_tests_stop_without_the_libraries_qt_needs(machine):
    machine.programs -= {"Xvfb"}
    machine.missing = {"libEGL.so.1"}
    assert command.main(["test"], machine) == 2
    assert "sudo apt-get install libegl1 xvfb" in machine.said


def test_tests_install_the_virtual_display_where_they_may(machine):
    machine.root_user = True
    machine.programs -= {"Xvfb", "import"}
    assert command.main(["test"], machine) == 0
    assert machine.ran("apt-get")[1].endswith(" xvfb imagemagick")


def test_interrupted_set_up_starts_over(machine):
    def interrupt(arguments: list[str]) -> None:
        if "install" in arguments:
            raise KeyboardInterrupt

    machine.on_run = interrupt
    assert command.main(["run"], machine) == 130
    leftover = machine.venv / "half-unpacked"
    leftover.touch()
    machine.on_run = lambda arguments: None
    assert command.main(["run"], machine) == 0
    assert "an earlier set-up was interrupted" in machine.said
    assert not leftover.exists()
    assert machine.started


def test_killed_set_up_starts_over(machine):
    machine.lay_out_environment()
    stamp.unfinished(machine).touch()
    assert command.main(["run"], machine) == 0
    assert machine.ran("-m venv")


def test_environment_without_notes_is_used_when_it_works(machine):
    machine.lay_out_environment()
    assert command.main(["run"], machine) == 0
    assert not machine.ran("-m venv")
    assert machine.ran("pip install")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [("python", "its Python is gone"), ("moved", "the clone was moved")],
)
def test_broken_environment_is_made_again(machine, damage, reason):
    command.main(["run"], machine)
    machine.commands.clear()
    if damage == "python":
        machine.python.unlink()
    else:
        stamp.write(machine, root="/elsewhere", run="another")
    assert command.main(["run"], machine) == 0
    assert reason in machine.said
    assert machine.ran("-m venv")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((1, ""), "doesn't start"), ((0, "3.12\n"), "it is for Python 3.12, and this is 3.11")],
)
def test_environment_of_another_python_is_made_again(machine, answer, reason):
    machine.lay_out_environment()
    machine.answers["version_info"] = answer
    assert command.main(["run"], machine) == 0
    assert reason in machine.said
    assert machine.ran("-m venv")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "WARNING: Retrying: NewConnectionError: Temporary failure in name resolution\n"
            "ERROR: No matching distribution found for numpy==2.4.6\n",
            "the package index can't be reached",
        ),
        ("ERROR: [Errno 28] No space left on device\n", "the disk is full"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", "certificate is not trusted"),
        ("x\nERROR: No matching distribution found for av==18\n", "No matching distribution"),
        ("", "it says nothing"),
    ],
)
def test_failing_pip_gives_its_cause_and_the_log(machine, output, reason):
    machine.answers["pip install"] = (1, output)
    assert command.main(["run"], machine) == 1
    assert reason in machine.words[-1]
    assert str(machine.log) in machine.words[-1]
    assert "\n" not in machine.words[-1]
    assert not machine.started


def test_home_that_cannot_be_written_gets_substitutes(machine):
    machine.environ = {**machine.environ, "HOME": "/nonexistent"}
    assert command.main(["run"], machine) == 0
    assert machine.started_with["XDG_CACHE_HOME"] == str(machine.venv / "home" / ".cache")
    assert machine.started_with["XDG_STATE_HOME"].startswith(str(machine.venv))


def test_home_in_order_is_left_alone(machine):
    assert command.main(["run"], machine) == 0
    assert "XDG_CACHE_HOME" not in machine.started_with


def test_without_display_run_alone_writes_pictures(machine):
    machine.environ = {"HOME": str(machine.root)}
    assert command.main(["run"], machine) == 0
    said = [words for words in machine.words if "no display" in words]
    assert len(said) == 1
    out = machine.root / "out"
    written = [
        str(out / name)
        for name in (
            "forward_pass.png",
            "error_flow.png",
            "gradient_basins.png",
            "zoom.mp4",
            "window.png",
        )
    ]
    assert [command[-1] for command in machine.commands if command[-1] in written] == written
    assert not machine.started


def test_without_display_one_failing_picture_does_not_stop_the_others(machine):
    machine.environ = {"HOME": str(machine.root)}
    machine.answers["error_flow.png"] = (1, "deepfractals: out of order\n")
    assert command.main(["run"], machine) == 1
    assert "error_flow.png failed: deepfractals: out of order" in machine.said
    assert machine.ran("window.png")


def test_without_display_arguments_go_to_the_application(machine):
    machine.environ = {"HOME": str(machine.root)}
    assert command.main(["run", "picture.png"], machine) == 0
    assert machine.started[-1] == "picture.png"


@pytest.mark.parametrize("arguments", [[], ["start"], ["--no-system"]])
def test_wrong_command_line_is_one_line(machine, arguments):
    assert command.main(arguments, machine) == 2
    assert len(machine.words) == 1


def test_mac_and_windows_need_no_system_packages(machine):
    for platform in ("darwin", "win32"):
        machine.platform = platform
        machine.missing = {"libEGL.so.1"}
        assert system.missing_libraries(machine, window=True) == []
        assert system.missing_programs(machine) == []


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 10), 0), ((3, 11), 1), ((3, 14), 1), ((3, 15), 0)]
)
def test_python_out_of_range_is_refused_in_one_line(version, fits):
    problem = runpy.run_path(str(SCRIPT))["version_problem"](version)
    assert (problem == "") == bool(fits)
    assert "\n" not in problem


def test_script_reads_as_python_2():
    """An old Python has to get as far as the check of its version."""
    text = SCRIPT.read_text("utf-8")
    assert not any(mark in text for mark in ('f"', "f'", ":=", "->", "from __future__"))
    assert text.isascii()


def test_script_needs_nothing_installed():
    result = subprocess.run(
        [sys.executable, "-E", "-s", "-S", str(SCRIPT), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0
    assert result.stdout.startswith("usage:")


def test_commands_run_and_their_output_is_kept_in_the_log(tmp_path):
    machine = Machine(root=tmp_path)
    machine.note("before\n")
    machine.venv.mkdir()
    seen: list[str] = []
    status, output = machine.run([sys.executable, "-c", "print('one'); exit(3)"], seen.append)
    assert (status, output, seen) == (3, "one\n", ["one"])
    assert machine.log.read_text().startswith("before\n$ ")
    assert machine.log.read_text().endswith("one\nstatus 3\n")
    assert machine.run(["/nonexistent/program"])[0] == 127


def test_every_requirement_is_pinned():
    import re
    import tomllib

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~ ;\[]", name)[0]).lower()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
    ]
    lines = (ROOT / "packaging" / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {plain(line) for line in lines if "==" in line}
    assert {plain(name) for name in wanted} <= pinned


def test_causes_are_told_apart():
    assert environment.cause("a\nb\n") == "b"
    assert environment.cause("ERROR: one of them\nmore") == "one of them"
    assert environment.cause("error: a folder is gone\nerror: metadata-failed\nhint") == (
        "a folder is gone"
    )
    assert environment.cause("  OSError: no README\nerror: metadata\nhint: above") == (
        "OSError: no README"
    )


def test_failed_download_keeps_the_environment_for_the_next_start(machine):
    machine.answers["pip install"] = (1, "ERROR: No matching distribution found for x\n")
    assert command.main(["run"], machine) == 1
    machine.answers.clear()
    machine.commands.clear()
    assert command.main(["run"], machine) == 0
    assert not machine.ran("-m venv")
    assert machine.started
