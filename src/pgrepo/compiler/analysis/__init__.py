"""Statements and a live PostgreSQL in, typed statements out.

`describe` asks the server; `nodes` reads its analysed tree; `expressions`, `sources` and `proofs`
decide what can be NULL; `cardinality`, `parameters`, `shapes` and `effects` read off the rest.
"""
