"""Caching of what queries return: what is kept where, and for how long it may be believed.

The rules stand in `leases`. `_async/cache` and its derived twin keep answers in this process
or in Redis; both do what `leases` says.
"""
