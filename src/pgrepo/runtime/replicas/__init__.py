"""Which server answers a read: what is known of servers, and of what a caller has written.

Nothing in here waits or asks; `_async.replicas` does.
"""
