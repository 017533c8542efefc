"""The hand-written files, read: SQL text in, checked queries and DDL files out.

Knows no database. `library` is the light path that runs at import of generated code; everything
else serves the compiler and the command line.
"""
