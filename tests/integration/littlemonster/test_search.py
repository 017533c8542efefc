"""search_materials beside a brute-force search of the same materials, written in Python."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.domains.littlemonster import Littlemonster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

VOCABULARY = (
    "leaf", "light", "sugar", "root", "water", "cell", "nucleus", "protein", "enzyme", "force",
    "mass", "velocity", "friction", "empire", "senate", "trade", "war", "rhyme", "metre", "sonnet",
)  # fmt: skip
QUESTIONS = (
    "light", "leaf sugar", "leaf OR senate", '"mass velocity"', "water -root", "enzymes",
    "the of and", "", "nowhere", None,
)  # fmt: skip
KINDS = ("note", "document", "summary")
DIMENSIONS = 768

Vector = list[float]


@dataclass(frozen=True)
class Material:
    """What the oracle knows of a material."""

    id: UUID
    kind: str
    embedding: Vector | None


@dataclass(frozen=True)
class Shelf:
    """A user's materials, beside those of a neighbour who has the same."""

    domain: Littlemonster
    connection: psycopg.Connection[Any]
    user: UUID
    materials: tuple[Material, ...]

    def search(self, **arguments: Any) -> list[tuple[UUID, int | None, int | None, float]]:
        """What search_materials finds."""
        rows = self.domain.study_materials.search_materials(user_id=self.user, **arguments)
        return [(row.id, row.words_rank, row.meaning_rank, row.score) for row in rows]


def dice(seed: int) -> random.Random:
    """The same throws each time."""
    return random.Random(seed)  # noqa: S311 - not a secret


def vector(rolls: random.Random) -> Vector:
    """A direction."""
    return [rolls.uniform(-1, 1) for _ in range(DIMENSIONS)]


def fill(domain: Littlemonster, user: UUID, rolls: random.Random, count: int) -> Iterator[Material]:
    """Materials of a few words each; every fifth has no embedding."""
    for number in range(count):
        made = domain.study_materials.create_material(
            user_id=user,
            title=" ".join(rolls.choices(VOCABULARY, k=2)),
            content=" ".join(rolls.choices(VOCABULARY, k=12)),
            kind=KINDS[number % 3],  # type: ignore[arg-type]
        )
        embedding = vector(rolls) if number % 5 else None
        if embedding is not None:
            domain.study_materials.set_embedding(
                material_id=made.id, content_version=1, embedding=embedding, embedding_model="m"
            )
        yield Material(made.id, made.kind, embedding)


@pytest.fixture
def shelf(littlemonster_url: str) -> Iterator[Shelf]:
    """60 materials, and as many of a neighbour; rolled back."""
    with psycopg.connect(littlemonster_url) as connection:
        domain = Littlemonster(connection)
        user, neighbour = (
            row[0]
            for email in ("ada@example.org", "bob@example.org")
            for row in connection.execute(
                "INSERT INTO littlemonster.users (email) VALUES (%s) RETURNING id", [email]
            )
        )
        materials = tuple(fill(domain, user, dice(1), 60))
        list(fill(domain, neighbour, dice(1), 60))
        yield Shelf(domain, connection, user, materials)
        connection.rollback()


def ranked_by_words(shelf: Shelf, words: str | None) -> list[UUID]:
    """Every text parsed and compared anew: no generated column, no index."""
    rows = shelf.connection.execute(
        """
        SELECT id
        FROM (
            SELECT
                id,
                setweight(to_tsvector('english', title), 'A')
                || to_tsvector('english', content) AS document
            FROM littlemonster.study_materials
            WHERE user_id = %(user)s
        ) AS parsed
        CROSS JOIN websearch_to_tsquery('english', %(words)s) AS query
        WHERE document @@ query AND numnode(query) > 0
        ORDER BY ts_rank_cd(document, query) DESC, id
        """,
        {"user": shelf.user, "words": words},
    )
    return [row[0] for row in rows]


def cosine_distance(one: Vector, other: Vector) -> float:
    """As school teaches it."""
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return 1 - product / (math.hypot(*one) * math.hypot(*other))


def ranked_by_meaning(shelf: Shelf, embedding: Vector | None) -> list[UUID]:
    """Every embedding compared."""
    if embedding is None:
        return []
    distances = [
        (cosine_distance(material.embedding, embedding), material.id)
        for material in shelf.materials
        if material.embedding is not None
    ]
    return [found for _, found in sorted(distances)]


def fused(
    shelf: Shelf,
    words: str | None,
    embedding: Vector | None,
    kinds: Sequence[str] = KINDS,
    candidates: int = 50,
) -> list[tuple[UUID, int | None, int | None, float]]:
    """Reciprocal rank fusion by hand."""
    allowed = {material.id for material in shelf.materials if material.kind in kinds}
    lists = [
        [found for found in ranked if found in allowed][:candidates]
        for ranked in (ranked_by_words(shelf, words), ranked_by_meaning(shelf, embedding))
    ]
    results = []
    for found in {found for ranked in lists for found in ranked}:
        ranks = [ranked.index(found) + 1 if found in ranked else None for ranked in lists]
        score = sum(1 / (60 + rank) for rank in ranks if rank is not None)
        results.append((found, ranks[0], ranks[1], score))
    return sorted(results, key=lambda result: (-result[3], result[0]))


def assert_same(found: Any, expected: Any) -> None:
    """Rows and ranks are equal, scores to the last digits."""
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    assert [row[3] for row in found] == pytest.approx([row[3] for row in expected], rel=1e-12)


def test_against_brute_force(shelf: Shelf) -> None:
    """Words, meaning, and both, for every sort of question."""
    for words in QUESTIONS:
        for embedding in (None, vector(dice(7))):
            expected = fused(shelf, words, embedding)
            assert_same(shelf.search(words=words, embedding=embedding, limit=100), expected)
            assert_same(shelf.search(words=words, embedding=embedding), expected[:10])


def test_it_finds_something(shelf: Shelf) -> None:
    """The comparison above is not one of nothing with nothing."""
    assert len(shelf.search(words="light", limit=100)) > 5
    assert len(shelf.search(words="water -root", limit=100)) > 5
    assert len(shelf.search(embedding=vector(dice(7)), limit=100)) == 48
    assert shelf.search() == []
    both = shelf.search(words="light", embedding=vector(dice(7)), limit=100)
    assert any(row[1] and row[2] for row in both)
    assert any(row[1] and not row[2] for row in both)


def test_filters_come_before_ranks(shelf: Shelf) -> None:
    """The kind and the number of candidates decide who is ranked at all."""
    question = vector(dice(8))
    found = shelf.search(words="light", embedding=question, kind="summary", candidates=4, limit=9)
    assert_same(found, fused(shelf, "light", question, ("summary",), candidates=4)[:9])
    assert {row.kind for row in shelf.materials if row.id in {f[0] for f in found}} == {"summary"}


def test_nobody_else_is_found(shelf: Shelf) -> None:
    """Not even by a text that quotes the owner's id, or who owns a text."""
    stranger = shelf.connection.execute(
        "INSERT INTO littlemonster.users (email) VALUES ('eve@example.org') RETURNING id"
    ).fetchone()
    assert stranger is not None
    shelf.domain.study_materials.create_material(
        user_id=stranger[0], title=f"owner {shelf.user}", content=f"'owner {shelf.user}' light"
    )
    own = {material.id for material in shelf.materials}
    for words in ("light", f'"owner {shelf.user}"', f"owner {shelf.user}", "-light"):
        assert {row[0] for row in shelf.search(words=words, limit=1000)} <= own, words
    assert shelf.search(words=f"owner {shelf.user}") == []


def test_languages(shelf: Shelf) -> None:
    """A text is taken apart in its own language, and asked for in it."""
    made = shelf.domain.study_materials.create_material(
        user_id=shelf.user, title="Buch", content="Von den alten Büchern", language="german"
    )
    search = shelf.domain.study_materials.search_materials
    found = search(user_id=shelf.user, words="Bücher", language="german")
    assert [row.id for row in found] == [made.id]
    assert search(user_id=shelf.user, words="Bücher") == []
    assert search(user_id=shelf.user, words="von den", language="german") == []


def test_similar_materials(shelf: Shelf) -> None:
    """The nearest of the same user and model, nearest first, itself left out."""
    origin = next(material for material in shelf.materials if material.embedding is not None)
    assert origin.embedding is not None
    expected = [found for found in ranked_by_meaning(shelf, origin.embedding) if found != origin.id]
    similar = shelf.domain.study_materials.similar_materials
    found = similar(material_id=origin.id, limit=20)
    assert [row.id for row in found] == expected[:20]
    by_id = {material.id: material.embedding for material in shelf.materials}
    for row in found:
        embedding = by_id[row.id]
        assert embedding is not None
        cosine = 1 - cosine_distance(origin.embedding, embedding)
        assert row.similarity == pytest.approx(cosine, abs=1e-6)
    without = next(material for material in shelf.materials if material.embedding is None)
    assert similar(material_id=without.id) == []
