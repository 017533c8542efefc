"""Caching of what queries return: what is kept where, and for how long it may be believed.

The rules stand in `leases`. `memory` keeps answers in this process, `_async/redis_cache` and its
derived twin keep them in Redis; both do what `leases` says.
"""
