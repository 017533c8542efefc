# Derived from src/pgrepo/runtime/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""The synchronous flavour."""
