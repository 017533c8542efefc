"""People's API keys under AES-256-GCM: `ApiKeys`, `AsyncApiKeys` and the `KeyRing` they need.

```python
ring = KeyRing({"2026-01": old_key, "2026-07": new_key}, current="2026-07")
keys = ApiKeys(audiotricks.for_user(user_id), ring)
keys.set_api_key(user_id=user_id, provider="openai", api_key=typed)
```

Every ciphertext is bound to its table, column and user: moved to another one it does not decrypt.
"""

from __future__ import annotations

from pgrepo.domains.audiotricks._async.api_keys import AsyncApiKeys
from pgrepo.domains.audiotricks._sync.api_keys import ApiKeys
from pgrepo.domains.audiotricks.keyring import KeyRing, SecretError
from pgrepo.domains.audiotricks.places import PROVIDERS, Provider

__all__ = ["PROVIDERS", "ApiKeys", "AsyncApiKeys", "KeyRing", "Provider", "SecretError"]
