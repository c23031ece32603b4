"""A book as a function from a coordinate to a symbol.

`texts`: books and their alphabets. `contexts`: what coding knows of an alphabet. `coding`: symbols
as bytes, by what a model and the text so far expect. `exports`: one file that gives back a book's
bytes. `ledger`: what such a file costs, against other ways to write it.
`encodings`: where a position lies. `model`: what is learned. `packing`: as the kernels take it.
`gradients`,
`reading`: what they do with it. `training`: learning.
"""
