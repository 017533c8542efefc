"""The domain and those who ask, asynchronously; `_sync` is derived from this."""
