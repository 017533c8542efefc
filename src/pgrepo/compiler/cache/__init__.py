"""What was found out about queries, kept from one run to the next.

keys    what an analysis depends on, as fingerprints
codec   the model as plain data, and back
store   one file a schema, beside the project's pyproject.toml

A cache may be deleted at any time, and is never believed where it can be doubted: whatever cannot
be read is analysed anew.
"""
