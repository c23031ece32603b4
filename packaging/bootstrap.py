#!/usr/bin/env python3
"""Set deepfractals up in this clone and start it, or run its tests.

    python3 packaging/bootstrap.py run [what follows goes to deepfractals unchanged]
    python3 packaging/bootstrap.py test [what follows goes to pytest unchanged]

Options before run or test:  --no-system  install no system packages.

Standard library only. This file stays readable to any Python, so that an old one gets an answer.
"""

import sys

OLDEST = (3, 11)
NEWEST = (3, 14)


def version_problem(version):
    """Say in one line why this Python can't be used; "" when it can."""
    found = tuple(version[:2])
    if OLDEST <= found <= NEWEST:
        return ""
    words = "bootstrap: Python {}.{} to {}.{} is needed, and this is {}.{} ({})"
    return words.format(*(OLDEST + NEWEST + found + (sys.executable,)))


def main():
    problem = version_problem(sys.version_info)
    if problem:
        sys.stderr.write(problem + "\n")
        return 2
    from firstrun import command

    return command.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
