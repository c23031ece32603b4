"""The set-up of a clone: system packages, virtual environment, compiled kernels, start.

Standard library only; the parts a warm start doesn't need are imported where they are used.
"""
