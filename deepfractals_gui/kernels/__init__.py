"""Compiled kernels. Numba is imported here and nowhere else.

Importing this package, `cache` or `warm` doesn't load Numba; the kernel modules do, through
`jit`, which first points Numba at the right cache directory.
"""
