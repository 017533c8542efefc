"""A lock of either flavour."""

from asyncio import Lock as AsyncLock
from threading import Lock

__all__ = ["AsyncLock", "Lock"]
