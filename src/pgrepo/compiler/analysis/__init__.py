"""Statements and a live PostgreSQL in, typed statements out.

`describe` asks the server; `nodes` reads its analysed tree, `group_entries` levels out versions.
What can be NULL is decided by `expressions`, `sources` and `written`, with what conditions prove
(`scope`, `strict`, `refutation`), what they can be (`truth`, `constants`, `emptiness`), and which
joins always find a row (`matching`). `cardinality`, `parameters`, `shapes` and `effects` read off
the rest.
"""
