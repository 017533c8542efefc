"""Values of every type, asynchronously; `_sync` is derived from this."""
