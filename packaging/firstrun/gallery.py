"""What ``run`` does without a display: pictures instead of a window."""

from __future__ import annotations

from firstrun.machine import Machine, SetupError

SYSTEMS = ("forward_pass", "error_flow", "gradient_basins")
_SIZE = "1200x1200"
# Into the rows of pearls beside the cusp where the stable region begins.
_ZOOM = ["--center", "-0.97", "0.2", "--width-from", "5", "--width-to", "0.02"]
_CLIP = ["--seconds", "4", "--fps", "30", "--size", "640x360"]


def write(machine: Machine, reason: str) -> int:
    """Write the classic pictures, a zoom clip and the window, drawn offscreen, into ``out/``."""
    folder = machine.root / "out"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise SetupError(f"{folder} can't be made: {error.strerror}") from None
    machine.say(f"{reason}; writing pictures, a clip and the window into {folder}")
    application = [str(machine.python), "-P", "-m", "deepfractals_gui"]
    jobs = [(f"{key}.png", [*application, "render", key, "--size", _SIZE, "-o"]) for key in SYSTEMS]
    jobs.append(("zoom.mp4", [*application, "movie", SYSTEMS[0], *_ZOOM, *_CLIP, "-o"]))
    jobs.append(("window.png", [str(machine.python), "-P", "-m", "deepfractals_gui.gui.offscreen"]))
    failures = 0
    for name, command in jobs:
        status, output = machine.run([*command, str(folder / name)])
        if status:
            failures += 1
            lines = [line for line in output.splitlines() if line.strip()]
            machine.say(f"  {name} failed: {lines[-1].strip() if lines else f'status {status}'}")
        else:
            machine.say(f"  {folder / name}")
    return 1 if failures else 0
