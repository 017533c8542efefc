# Derived from src/pgrepo/domains/audiotricks/_async/__init__.py by tools/async_to_sync.py: do not edit.
"""The synchronous flavour of what is written by hand, from which the other one is derived."""
