# Derived from tests/integration/pgtypes/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""Values of every type, asynchronously; `_sync` is derived from this."""
