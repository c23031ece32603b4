"""A book as a function from a coordinate to a symbol.

`texts`: books and their alphabets. `coding`: symbols as bits, by what a model expects of them.
`contexts`: what the text so far expects. `exports`: one file that gives back a book's bytes.
`ledger`: what such a file costs, against other ways to write it.
"""
