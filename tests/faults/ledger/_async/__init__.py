"""The domain and those who write, asynchronously; `_sync` is derived from this."""
