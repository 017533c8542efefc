# Derived from tests/integration/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""Every behaviour of the runtime, written once; `_sync` is derived by tools/async_to_sync.py."""
