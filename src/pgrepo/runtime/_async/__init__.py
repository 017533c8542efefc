"""The asynchronous flavour, written by hand; `_sync` is derived from it."""
