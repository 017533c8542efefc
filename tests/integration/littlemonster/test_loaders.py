"""What was said in many conversations, loaded in one call."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.domains.littlemonster import Littlemonster


def test_messages_of_many(littlemonster: Littlemonster, user_id: uuid.UUID) -> None:
    """Each conversation has what a call for it alone returns; one without messages is no key."""
    messages, ids = littlemonster.messages, []
    for number in range(5):
        conversation = littlemonster.conversations.create_conversation(user_id=user_id, title="t")
        ids.append(conversation.id)
        for turn in range(3 * number):
            messages.append_message(
                conversation_id=conversation.id, role="user", content=f"{number} {turn}"
            )
    for limit in (1, 4, 50):
        found = messages.messages_by_conversation_ids(
            conversation_ids=[*ids, ids[1], uuid.uuid4()], limit=limit
        )
        assert found == {
            key: rows
            for key in ids
            if (rows := messages.latest_messages(conversation_id=key, limit=limit))
        }
        assert set(found) == set(ids[1:])
