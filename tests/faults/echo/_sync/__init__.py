# Derived from tests/faults/echo/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""The domain and those who ask, asynchronously; `_sync` is derived from this."""
