"""The floors of the house, and what each start may load."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import deepfractals_gui
import deepfractals_gui.kernels
from deepfractals_gui.systems import SYSTEMS

PACKAGE = Path(deepfractals_gui.__file__).parent
ROOT = PACKAGE.parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 400


def loaded(program: str) -> set[str]:
    """The top-level modules that are loaded after a program has run in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


QT = {"PySide6", "shiboken6", "pyqtgraph"}
COMPILER = {"numba", "llvmlite"}


def test_the_command_line_loads_no_qt():
    names = loaded("import deepfractals_gui.cli.command, deepfractals_gui.__main__")
    assert not names & QT
    assert "deepfractals_gui" in names


def test_the_whole_command_line_loads_no_qt():
    program = (
        "import importlib, pkgutil\n"
        "for part in ('cli', 'export', 'analysis', 'session', 'render', 'systems', 'coloring',"
        " 'kernels'):\n"
        "    package = importlib.import_module('deepfractals_gui.' + part)\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
    )
    assert not loaded(program) & QT


@pytest.mark.parametrize("module", ["systems", "kernels", "kernels.cache", "render", "session"])
def test_no_compiler_is_loaded_before_a_kernel_is_needed(module):
    """The window must stand before Numba, which takes half a second, is loaded."""
    names = loaded(f"import deepfractals_gui.{module}")
    assert not names & (COMPILER | QT)


def test_the_window_itself_needs_no_compiler():
    assert not loaded("import deepfractals_gui.gui.app") & COMPILER


def test_the_system_tuple_is_all_that_lists_systems():
    keys = [system.key for system in SYSTEMS]
    assert len(set(keys)) == len(keys)
    for system in SYSTEMS:
        file = Path(sys.modules[type(system).__module__].__file__)
        assert file.parent == PACKAGE / "systems"


def test_imports_go_downwards_only():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imported_names(source: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("import_module")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            names.add(str(node.args[0].value))
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    ("allowed", "names"), [("gui", QT), ("kernels", COMPILER)], ids=["Qt", "Numba"]
)
def test_what_belongs_to_one_floor_is_imported_on_no_other(allowed, names):
    """Imports inside functions count too."""
    strays = [
        str(source.relative_to(ROOT))
        for source in SOURCES
        if source.relative_to(PACKAGE).parts[0] != allowed and imported_names(source) & names
    ]
    assert strays == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_hides_a_second_concept(source):
    assert len(source.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def dispatchers() -> dict[str, object]:
    """Every compiled function of the kernels, by module and name."""
    jit = importlib.import_module("deepfractals_gui.kernels.jit")
    kind = type(jit.numba.njit(lambda: None))
    found = {}
    package = deepfractals_gui.kernels
    for entry in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        module = importlib.import_module(entry.name)
        for name, value in vars(module).items():
            if isinstance(value, kind) and value.py_func.__module__ == entry.name:
                found[f"{entry.name.rpartition('.')[2]}.{name}"] = value
    return found


def called_from_python() -> set[str]:
    """Names of kernels that modules outside the kernels import."""
    names = set()
    for source in SOURCES:
        if source.parent.name == "kernels":
            continue
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and "kernels" in (node.module or ""):
                module = (node.module or "").rpartition(".")[2]
                names |= {f"{module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names.add(f"{node.value.id}.{node.attr}")
    return names


def test_kernels_hold_no_lock_and_are_never_parallel():
    """Numba's threading layer aborts the process when two Python threads enter it."""
    kernels = dispatchers()
    assert len(kernels) > 10
    for name, kernel in kernels.items():
        options = kernel.targetoptions
        assert not options.get("parallel"), name
        assert options.get("error_model") == "numpy", name
        assert options.get("nopython"), name
        assert options.get("nogil") or options.get("forceinline"), name
        # A closure over parameters would compile anew for each; one over a callee is a template.
        for cell in kernel.py_func.__closure__ or ():
            assert isinstance(cell.cell_contents, type(kernel)), name


def test_kernels_that_python_calls_are_cached():
    from numba.core.caching import NullCache

    kernels = dispatchers()
    called = called_from_python() & set(kernels)
    assert called
    for name in called:
        assert kernels[name].targetoptions.get("nogil"), name
        assert not isinstance(kernels[name]._cache, NullCache), name


def test_no_test_sleeps_for_a_fixed_time():
    """But those that move a real mouse: a window takes quick jumps for no drag."""
    strays = [
        str(source.relative_to(ROOT))
        for source in sorted((ROOT / "tests").rglob("test_*.py"))
        if source.parent.name != "display"
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep")
    ]
    assert strays == []
