"""Take the trained field that ships, without what reads it, from a run on the digits.

deepfractals field train RUN
.venv/bin/python packaging/trained_field.py RUN/best.npz
"""

from __future__ import annotations

import sys
from pathlib import Path

from deepfractals_gui.equilibrium.checkpoints import field_bytes, field_in
from deepfractals_gui.nn.model_files import write_whole

TARGET = Path(__file__).resolve().parents[1] / "resources" / "data" / "field_digits.npz"


def main() -> None:
    path = Path(sys.argv[1])
    content = field_bytes(*field_in(path.read_bytes(), path.name))
    write_whole(TARGET, content)
    sys.stdout.write(f"{TARGET.name}: {len(content):,} bytes\n")


if __name__ == "__main__":
    main()
