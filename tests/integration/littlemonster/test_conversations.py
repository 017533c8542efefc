"""Conversations and messages: places and counts hold, whoever writes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from pgrepo import AsyncDatabase
from pgrepo.domains.littlemonster import AsyncLittlemonster, Littlemonster
from pgrepo.domains.littlemonster.messages import AddMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.domains.littlemonster.tables import Conversation, Message

NEVER = UUID(int=0)
DAY = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def quiet(littlemonster_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose transaction is rolled back."""
    with psycopg.connect(littlemonster_url) as connection:
        yield connection
        connection.rollback()


def new_user(connection: psycopg.Connection[Any], email: str = "ada@example.org") -> UUID:
    """A new account's id."""
    row = connection.execute(
        "INSERT INTO littlemonster.users (email) VALUES (%s) RETURNING id", [email]
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def say(domain: Littlemonster, conversation: Conversation, content: str) -> Message:
    """Appends what a user says."""
    message = domain.messages.append_message(
        conversation_id=conversation.id, role="user", content=content
    )
    assert message is not None
    return message


def again(domain: Littlemonster, conversation: Conversation) -> Conversation:
    """The conversation as it is now."""
    found = domain.conversations.conversation_by_id(conversation_id=conversation.id)
    assert found is not None
    return found


def assert_counted(connection: psycopg.Connection[Any]) -> None:
    """What every conversation says of its messages is true of them."""
    wrong = connection.execute(
        """
        SELECT conversation.id
        FROM littlemonster.conversations AS conversation
        CROSS JOIN LATERAL (
            SELECT count(*) AS messages, max(position) AS last, max(created_at) AS newest
            FROM littlemonster.messages
            WHERE conversation_id = conversation.id
        ) AS counted
        LEFT JOIN littlemonster.messages AS message
            ON message.conversation_id = conversation.id AND message.position = counted.last
        WHERE
            message_count <> messages
            OR last_position < COALESCE(last, 0)
            OR last_activity_at < COALESCE(newest, '-infinity')
            OR (last_message, last_message_role, last_message_at)
            IS DISTINCT FROM (left(content, 200), role, message.created_at)
        """
    ).fetchall()
    assert wrong == []


def test_many_append_at_once(littlemonster_url: str) -> None:
    """No place is given twice, none is left out, and the counts are exact."""
    threads, each = 12, 15
    with psycopg.connect(littlemonster_url, autocommit=True) as connection:
        domain = Littlemonster(connection)
        user = new_user(connection)
        conversations = [domain.conversations.create_conversation(user_id=user) for _ in range(2)]

        def talk(number: int) -> list[tuple[int, int]]:
            """Appends to both in turns, and gives one of three up again."""
            places = []
            with psycopg.connect(littlemonster_url) as own:
                mine = Littlemonster(own)
                for turn in range(each):
                    which = (number + turn) % 2
                    said = say(mine, conversations[which], f"{number}:{turn}")
                    if turn % 3 == 2:
                        own.rollback()
                    else:
                        own.commit()
                        places.append((which, said.position))
            return places

        with ThreadPoolExecutor(threads) as pool:
            places = [place for found in pool.map(talk, range(threads)) for place in found]
        assert len(places) == threads * each * 2 // 3
        for which, conversation in enumerate(conversations):
            taken = sorted(position for at, position in places if at == which)
            assert taken == list(range(1, len(taken) + 1))
            now = again(domain, conversation)
            assert (now.message_count, now.last_position) == (len(taken), len(taken))
        assert_counted(connection)


async def test_many_tasks_append_at_once(littlemonster_url: str) -> None:
    """The same through the asynchronous package."""
    with psycopg.connect(littlemonster_url, autocommit=True) as connection:
        user = new_user(connection)
    async with AsyncDatabase(littlemonster_url, max_size=8) as database:
        domain = AsyncLittlemonster(database)
        conversation = await domain.conversations.create_conversation(user_id=user)
        appended = await asyncio.gather(
            *(
                domain.messages.append_message(
                    conversation_id=conversation.id, role="user", content=str(number)
                )
                for number in range(40)
            )
        )
        assert sorted(said.position for said in appended if said) == list(range(1, 41))
        page = await domain.messages.messages_of_conversation(conversation_id=conversation.id)
        assert [said.position for said in page] == list(range(1, 41))


def test_append_and_delete_at_once(littlemonster_url: str) -> None:
    """Whoever deletes meanwhile is counted as well."""
    with psycopg.connect(littlemonster_url, autocommit=True) as connection:
        domain = Littlemonster(connection)
        conversation = domain.conversations.create_conversation(user_id=new_user(connection))
        said = [say(domain, conversation, str(number)) for number in range(40)]

        def work(number: int) -> None:
            with psycopg.connect(littlemonster_url, autocommit=True) as own:
                mine = Littlemonster(own)
                for at in range(number, 40, 4):
                    mine.messages.delete_message(message_id=said[at].id)
                    say(mine, conversation, f"again {at}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        now = again(domain, conversation)
        assert (now.message_count, now.last_position) == (40, 80)
        assert_counted(connection)
        assert domain.conversations.recount_conversation(conversation_id=conversation.id) is False


def test_append_message(quiet: psycopg.Connection[Any]) -> None:
    """With all that can be known of a message, and to nothing."""
    domain = Littlemonster(quiet)
    conversation = domain.conversations.create_conversation(user_id=new_user(quiet), title="T")
    assert (conversation.message_count, conversation.last_position) == (0, 0)
    said = domain.messages.append_message(
        conversation_id=conversation.id,
        role="assistant",
        content="42",
        model="chat-1",
        token_count=1,
        metadata={"sources": [str(NEVER)]},
    )
    assert said is not None
    assert (said.position, said.role, said.model, said.token_count, said.metadata) == (
        1, "assistant", "chat-1", 1, {"sources": [str(NEVER)]},
    )  # fmt: skip
    assert domain.messages.message_by_id(message_id=said.id) == said
    nowhere = domain.messages.append_message(conversation_id=NEVER, role="user", content="?")
    assert nowhere is None
    patched = domain.messages.update_message(message_id=said.id, content="43", token_count=None)
    assert patched is not None
    assert (patched.content, patched.token_count, patched.model) == ("43", None, "chat-1")


def test_conversation_with_messages(quiet: psycopg.Connection[Any]) -> None:
    """Typed, in order; [] where nothing was said; None where nothing is."""
    domain = Littlemonster(quiet)
    conversation = domain.conversations.create_conversation(user_id=new_user(quiet))
    with_messages = domain.conversations.conversation_with_messages
    empty = with_messages(conversation_id=conversation.id)
    assert empty is not None
    assert empty.messages == []
    said = [say(domain, conversation, content) for content in ("a", "b", "c")]
    found = with_messages(conversation_id=conversation.id)
    assert found is not None
    assert found.message_count == 3
    assert [(m.id, m.position, m.role, m.content, m.created_at) for m in found.messages] == [
        (m.id, m.position, m.role, m.content, m.created_at) for m in said
    ]
    assert with_messages(conversation_id=NEVER) is None


def test_pages_of_messages(quiet: psycopg.Connection[Any]) -> None:
    """Forwards from a place, or the last ones; a deleted message leaves a gap."""
    domain = Littlemonster(quiet)
    conversation = domain.conversations.create_conversation(user_id=new_user(quiet))
    said = [say(domain, conversation, str(number)) for number in range(1, 8)]
    assert domain.messages.delete_message(message_id=said[2].id) == 1
    assert domain.messages.delete_message(message_id=said[2].id) == 0
    page = domain.messages.messages_of_conversation
    first = page(conversation_id=conversation.id, limit=3)
    assert [message.position for message in first] == [1, 2, 4]
    rest = page(conversation_id=conversation.id, after_position=first[-1].position)
    assert [message.position for message in rest] == [5, 6, 7]
    latest = domain.messages.latest_messages(conversation_id=conversation.id, limit=4)
    assert [message.content for message in latest] == ["4", "5", "6", "7"]
    domain.messages.delete_message(message_id=said[6].id)
    assert say(domain, conversation, "8").position == 8
    now = again(domain, conversation)
    assert (now.message_count, now.last_position) == (6, 8)


def test_recent_conversations(quiet: psycopg.Connection[Any]) -> None:
    """The last one talked in first, with what was said last; archived ones apart."""
    domain = Littlemonster(quiet)
    user, other = new_user(quiet), new_user(quiet, "bob@example.org")
    made = [
        domain.conversations.create_conversation(user_id=user, title=str(number))
        for number in range(6)
    ]
    domain.conversations.create_conversation(user_id=other)
    for day, conversation in enumerate(made):
        quiet.execute(
            "UPDATE littlemonster.conversations SET last_activity_at = %s WHERE id = %s",
            [DAY + timedelta(days=day), conversation.id],
        )
    say(domain, made[1], "old")
    newest = say(domain, made[1], "n" * 300)
    domain.conversations.update_conversation(conversation_id=made[4].id, status="archived")

    recent = domain.conversations.recent_conversations
    first = recent(user_id=user, limit=3)
    assert [row.title for row in first] == ["1", "5", "3"]
    top = first[0]
    assert (top.message_count, top.last_message, top.last_message_role, top.last_message_at) == (
        2, "n" * 200, "user", newest.created_at,
    )  # fmt: skip
    assert (first[1].message_count, first[1].last_message, first[1].last_message_at) == (
        0, None, None,
    )  # fmt: skip
    rest = recent(
        user_id=user, before_last_activity_at=first[-1].last_activity_at, before_id=first[-1].id
    )
    assert [row.title for row in rest] == ["2", "0"]
    assert [row.title for row in recent(user_id=user, status="archived")] == ["4"]


def test_the_last_message_is_shown(quiet: psycopg.Connection[Any]) -> None:
    """Whatever becomes of it, also where it is not one that was appended."""
    domain = Littlemonster(quiet)
    conversation = domain.conversations.create_conversation(user_id=new_user(quiet))

    def shown() -> str | None:
        assert_counted(quiet)
        return again(domain, conversation).last_message

    first, second = (say(domain, conversation, content) for content in ("first", "second"))
    assert shown() == "second"
    domain.messages.update_message(message_id=first.id, content="corrected")
    assert shown() == "second"
    domain.messages.update_message(message_id=second.id, content="mended")
    assert shown() == "mended"
    domain.messages.delete_message(message_id=second.id)
    assert shown() == "corrected"
    quiet.execute(
        """
        INSERT INTO littlemonster.messages (conversation_id, position, role, content)
        SELECT %s, position, 'tool', 'put in at ' || position FROM unnest(ARRAY[9, 5]) AS position
        """,
        [conversation.id],
    )
    assert shown() == "put in at 9"
    quiet.execute("DELETE FROM littlemonster.messages WHERE position = 9")
    assert shown() == "put in at 5"
    quiet.execute("DELETE FROM littlemonster.messages")
    assert shown() is None
    assert say(domain, conversation, "again").position == 10
    assert shown() == "again"


def test_an_import(littlemonster_url: str) -> None:
    """Many messages of several conversations in one COPY, all of them or none."""
    with psycopg.connect(littlemonster_url, autocommit=True) as connection:
        domain = Littlemonster(connection)
        user = new_user(connection)
        made = [domain.conversations.create_conversation(user_id=user) for _ in range(3)]
        rows = [
            AddMessage(
                conversation_id=conversation.id,
                position=position,
                role="user",
                content="imported",
                model=None,
                token_count=None,
                metadata={},
                created_at=DAY + timedelta(seconds=position),
            )
            for position in range(1, 101)
            for conversation in made
        ]
        assert domain.messages.add_messages(rows) == 300
        assert {again(domain, conversation).message_count for conversation in made} == {100}
        free = replace(rows[-1], position=101)
        with pytest.raises(psycopg.errors.UniqueViolation):
            domain.messages.add_messages([free, rows[-1]])
        assert_counted(connection)
        assert say(domain, made[0], "next").position == 101
        connection.execute("DELETE FROM littlemonster.messages WHERE position % 2 = 0")
        assert {again(domain, conversation).message_count for conversation in made[1:]} == {50}
        assert_counted(connection)


def test_messages_stay_at_their_place(quiet: psycopg.Connection[Any]) -> None:
    """Moving one would make two conversations' counts wrong."""
    domain = Littlemonster(quiet)
    conversation = domain.conversations.create_conversation(user_id=new_user(quiet))
    said = say(domain, conversation, "here")
    with (
        pytest.raises(psycopg.errors.CheckViolation) as caught,
        quiet.transaction(),
    ):
        quiet.execute("UPDATE littlemonster.messages SET position = 7 WHERE id = %s", [said.id])
    assert caught.value.diag.constraint_name == "messages_place"


def test_a_recount_mends(quiet: psycopg.Connection[Any]) -> None:
    """What went past the triggers is found, once."""
    domain = Littlemonster(quiet)
    conversation = domain.conversations.create_conversation(user_id=new_user(quiet))
    say(domain, conversation, "counted")
    quiet.execute("SET LOCAL session_replication_role = replica")
    quiet.execute(
        """
        INSERT INTO littlemonster.messages (conversation_id, position, role, content)
        VALUES (%s, 5, 'user', 'not counted')
        """,
        [conversation.id],
    )
    quiet.execute("SET LOCAL session_replication_role = origin")
    recount = domain.conversations.recount_conversation
    assert again(domain, conversation).message_count == 1
    assert recount(conversation_id=conversation.id) is True
    now = again(domain, conversation)
    assert (now.message_count, now.last_position, now.last_message) == (2, 5, "not counted")
    assert recount(conversation_id=conversation.id) is False
    assert recount(conversation_id=NEVER) is None


def test_deleting_a_conversation(quiet: psycopg.Connection[Any]) -> None:
    """Its messages go with it, and other conversations keep theirs."""
    domain = Littlemonster(quiet)
    user = new_user(quiet)
    gone, kept = (domain.conversations.create_conversation(user_id=user) for _ in range(2))
    said = say(domain, gone, "gone")
    say(domain, kept, "kept")
    assert domain.conversations.delete_conversation(conversation_id=gone.id) == 1
    assert domain.conversations.delete_conversation(conversation_id=gone.id) == 0
    assert domain.messages.message_by_id(message_id=said.id) is None
    assert again(domain, kept).message_count == 1
    assert_counted(quiet)
