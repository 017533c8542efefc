"""Every behaviour of the runtime, written once; `_sync` is derived by tools/async_to_sync.py."""
