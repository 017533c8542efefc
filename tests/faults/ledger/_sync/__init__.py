# Derived from tests/faults/ledger/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""The domain and those who write, asynchronously; `_sync` is derived from this."""
