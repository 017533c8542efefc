"""Statements and a live PostgreSQL in, typed statements out.

`describe` asks the server; `nodes` reads its analysed tree; `expressions`, `sources`, `scope` and
`strict` decide what can be NULL; `cardinality`, `parameters`, `shapes` and `effects` read off the
rest.
"""
