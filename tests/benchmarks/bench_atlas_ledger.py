"""What the shipped books cost as exports, against gzip, bz2 and xz, and how fast they come back.

Without a model: what coding alone does, which a model has to better by more than its weights. Speed
is by processor time of all threads. Run it with ``python -m tests.benchmarks.bench_atlas_ledger``;
it ends with 1 where a bar is missed.
"""

from __future__ import annotations

import sys
import time

from deepfractals_gui.atlas.exports import export_bytes, export_in
from deepfractals_gui.atlas.ledger import OTHERS, ledger, table
from deepfractals_gui.atlas.texts import shipped_book, shipped_books

MOST_BITS = 5.5
"""Per character, by coordinate alone."""
LEAST_SPEED = 200_000
"""Characters a second."""


def main() -> int:
    missed = []
    warm = shipped_book(shipped_books()[0])
    export_in(export_bytes(warm), warm.name).text()
    for name in shipped_books():
        book = shipped_book(name)
        for neighbours in (False, True):
            content = export_bytes(book, neighbours=neighbours)
            export = export_in(content, name)
            begun = time.process_time()
            back = export.text()
            speed = len(book) / (time.process_time() - begun)
            found = ledger(book, export.sizes, export.method)
            print(table([found]))
            print(f"  decoded at {speed:,.0f} characters a second of processor time\n")
            bits = found.bits(found.total)
            bar = found.bits(found.others[OTHERS.index("gzip -9")]) if neighbours else MOST_BITS
            if back != book.content:
                missed.append(f"{name} doesn't come back")
            if bits > bar:
                missed.append(f"{name} takes {bits:.3f} bits per character, above {bar:.3f}")
            if speed < LEAST_SPEED:
                missed.append(f"{name} is decoded at {speed:,.0f} characters a second")
    print("\n".join(missed) or "every bar is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
