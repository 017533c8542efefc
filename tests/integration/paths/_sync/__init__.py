# Derived from tests/integration/paths/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""The conformance suite of the synchronous runtime."""
