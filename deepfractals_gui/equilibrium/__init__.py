"""The complex field on a torus, read at its fixed point; in this order.

`field`: parameters, what drives it, the readout. `planes`: how it lies in memory. `maps`: the maps
whose fixed points are looked for. `spectral`: the norm of its kernel. `solvers`: ways to the fixed
point. `adjoint`: gradients through it. `images`, `training`, `checkpoints`: learning.
"""
