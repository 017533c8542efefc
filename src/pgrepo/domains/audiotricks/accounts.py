"""Accounts and logins: `Accounts` and `AsyncAccounts`, on top of the repositories.

```python
accounts = Accounts(audiotricks.for_login())
accounts.register(email=email, username=username, password=password)
opened = accounts.log_in(login=username, password=password)
...
session = accounts.session_user(token=opened.token)
```
"""

from __future__ import annotations

from pgrepo.domains.audiotricks._async.accounts import AsyncAccounts
from pgrepo.domains.audiotricks._sync.accounts import Accounts
from pgrepo.domains.audiotricks.passwords import PasswordError
from pgrepo.domains.audiotricks.tokens import OpenedSession

__all__ = ["Accounts", "AsyncAccounts", "OpenedSession", "PasswordError"]
