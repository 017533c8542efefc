"""Embeddings: stored once an entity, and found by similarity, exactly or by HNSW."""

from __future__ import annotations

import uuid
from array import array
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import CheckViolation, DataError, ForeignKeyViolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrepo.domains.mindia import Mindia
    from pgrepo.domains.mindia.tables import EntityType

DIMENSIONS = 768
MODEL = "model"
FILES: dict[str, Any] = {"filename": "a", "s3_key": "a", "file_size": 1}
PICTURE: dict[str, Any] = FILES | {
    "original_filename": "a",
    "s3_url": "https://a",
    "content_type": "image/jpeg",
}
# 700 things of one tenant and 60 of another: 24 subjects with a direction each, and noise.
CROWD = """
SET session_replication_role = replica;
SELECT setseed(0.25);
INSERT INTO mindia.embeddings
    (tenant_id, entity_type, entity_id, description, embedding, model_name)
SELECT
    CASE WHEN n <= 700 THEN %(large)s::uuid ELSE %(small)s::uuid END,
    CASE WHEN n %% 3 = 0 THEN 'video'::mindia.entity_type ELSE 'image' END,
    gen_random_uuid(),
    n,
    (
        SELECT array_agg(sin(n %% 24 * 1000 + axis * axis) + 0.8 * random() + 0 * n ORDER BY axis)
        FROM generate_series(1, 768) AS axis
    )::real[]::vector(768),
    CASE WHEN n %% 5 = 0 THEN 'old' ELSE 'model' END
FROM generate_series(1, 760) AS n;
RESET session_replication_role;
ANALYZE mindia.embeddings;
"""
EXACT = """
SELECT embedding.id FROM mindia.embeddings AS embedding
WHERE embedding.tenant_id = %s AND (%s::text IS NULL OR embedding.model_name = %s)
ORDER BY (embedding.embedding <=> %s::vector) + 0, embedding.id LIMIT 10
"""
# The same function, to which 50 rows are many, and so many times that are too many to compare.
LOWERED = """
SELECT replace(
    replace(pg_get_functiondef(oid), 'GREATEST(10000, ', 'LEAST(50, '), '20 * few', %s || ' * few'
)
FROM pg_proc WHERE oid = 'mindia.nearest_embeddings'::regproc
"""


def axis(*values: float) -> list[float]:
    """A vector that begins with these; the rest are zeros."""
    return [*values, *[0.0] * (DIMENSIONS - len(values))]


def image(mindia: Mindia, tenant_id: uuid.UUID) -> uuid.UUID:
    """A new image's id."""
    return mindia.images.add_image(tenant_id=tenant_id, **PICTURE).id


def embed(
    mindia: Mindia,
    tenant_id: uuid.UUID,
    vector: Sequence[float],
    model_name: str = MODEL,
    kind: EntityType = "image",
) -> uuid.UUID:
    """Adds something with an embedding, and returns its id."""
    if kind == "image":
        entity_id = image(mindia, tenant_id)
    else:
        entity_id = mindia.documents.add_document(tenant_id=tenant_id, **FILES).id
    mindia.embeddings.upsert_embedding(
        tenant_id=tenant_id,
        entity_type=kind,
        entity_id=entity_id,
        description="a harbour",
        embedding=vector,
        model_name=model_name,
    )
    return entity_id


def test_the_most_similar_come_first(mindia: Mindia, new_tenant: Callable[[], uuid.UUID]) -> None:
    """Of the tenant; with the cosine, whatever the lengths."""
    tenant_id, other = new_tenant(), new_tenant()
    near, far = embed(mindia, tenant_id, axis(3, 4)), embed(mindia, tenant_id, axis(-2))
    same = embed(mindia, tenant_id, axis(0.5))
    embed(mindia, other, axis(1))
    found = mindia.embeddings.search_embeddings(tenant_id=tenant_id, embedding=axis(1))
    assert [row.entity_id for row in found] == [same, near, far]
    assert [row.similarity for row in found] == pytest.approx([1, 0.6, -1])
    (first,) = mindia.embeddings.search_embeddings(
        tenant_id=tenant_id, embedding=array("f", axis(1)), limit=1
    )
    assert first.entity_id == same


def test_a_search_can_be_narrowed(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """To types and to a model; an empty list of types is none."""
    search = mindia.embeddings.search_embeddings
    picture = embed(mindia, tenant_id, axis(1))
    paper = embed(mindia, tenant_id, axis(1, 1), kind="document")
    old = embed(mindia, tenant_id, axis(1), model_name="old")
    given: dict[str, Any] = {"tenant_id": tenant_id, "embedding": axis(1)}
    assert {row.entity_id for row in search(**given)} == {picture, paper, old}
    assert [row.entity_id for row in search(**given, model_name=MODEL)] == [picture, paper]
    assert [row.entity_id for row in search(**given, entity_types=["document"])] == [paper]
    assert len(search(**given, entity_types=["document", "image"])) == 3
    assert search(**given, entity_types=["audio"]) == []
    assert search(**given, entity_types=[]) == []


@pytest.mark.parametrize("wrong", [[], [1.0], [1.0] * 767, [1.0] * 769])
def test_a_wrong_dimension_is_refused_before_the_server_is_asked(
    mindia: Mindia, tenant_id: uuid.UUID, wrong: list[float]
) -> None:
    """The message says which parameter, and how many dimensions it takes; no SQLSTATE is there."""
    told = rf"vector takes 768 floats, one for each dimension, and not {len(wrong)}; got list"
    with pytest.raises(DataError, match=rf"search_embeddings: parameter .*embedding.*{told}") as no:
        mindia.embeddings.search_embeddings(tenant_id=tenant_id, embedding=wrong)
    assert no.value.sqlstate is None
    with pytest.raises(DataError, match=rf"upsert_embedding: parameter .*{told}"):
        mindia.embeddings.upsert_embedding(
            tenant_id=tenant_id,
            entity_type="image",
            entity_id=uuid.uuid4(),
            description="",
            embedding=wrong,
            model_name=MODEL,
        )


def test_one_embedding_an_entity(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """The second takes the place of the first, and its vector comes back as it was given."""
    entity_id = embed(mindia, tenant_id, axis(1))
    entity: dict[str, Any] = {
        "tenant_id": tenant_id, "entity_type": "image", "entity_id": entity_id,
    }  # fmt: skip
    first = mindia.embeddings.embedding_of_entity(**entity)
    assert first is not None
    second = mindia.embeddings.upsert_embedding(
        **entity, description="a crane", embedding=axis(0.25, 2), model_name="new"
    )
    assert second.id == first.id
    stored = mindia.embeddings.embedding_of_entity(**entity)
    assert stored is not None
    assert (stored.description, stored.model_name) == ("a crane", "new")
    assert stored.embedding == axis(0.25, 2)
    assert mindia.embeddings.update_description(**entity, description="two cranes") == 1
    assert mindia.embeddings.delete_embedding(**entity) == 1
    assert mindia.embeddings.embedding_of_entity(**entity) is None


def test_only_what_the_tenant_has_is_embedded(
    mindia: Mindia, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """Not what another tenant has, nor an image as a video, nor a vector without direction."""
    tenant_id, other = new_tenant(), new_tenant()
    given: dict[str, Any] = {"description": "", "model_name": MODEL, "embedding": axis(1)}
    foreign, own = image(mindia, other), image(mindia, tenant_id)
    kinds: list[tuple[EntityType, uuid.UUID]] = [("image", foreign), ("video", own)]
    for kind, entity_id in kinds:
        with pytest.raises(ForeignKeyViolation) as caught:
            mindia.embeddings.upsert_embedding(
                tenant_id=tenant_id, entity_type=kind, entity_id=entity_id, **given
            )
        assert caught.value.constraint == "embeddings_entity_id_fkey"
    with pytest.raises(CheckViolation) as refused:
        mindia.embeddings.upsert_embedding(
            tenant_id=tenant_id,
            entity_type="image",
            entity_id=own,
            **given | {"embedding": axis(0)},
        )
    assert refused.value.constraint == "embeddings_embedding_check"


def test_an_embedding_goes_with_its_entity(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Of that entity alone."""
    gone, kept = embed(mindia, tenant_id, axis(1)), embed(mindia, tenant_id, axis(1))
    mindia.images.delete_image(tenant_id=tenant_id, image_id=gone)
    found = mindia.embeddings.embeddings_page(tenant_id=tenant_id)
    assert [row.entity_id for row in found] == [kept]


def test_what_is_similar_to_something_else(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """By the same model, and without itself."""
    own = embed(mindia, tenant_id, axis(1))
    near, far = embed(mindia, tenant_id, axis(2, 1)), embed(mindia, tenant_id, axis(1, 3))
    embed(mindia, tenant_id, axis(1), model_name="old")
    similar = mindia.embeddings.similar_entities
    entity: dict[str, Any] = {"tenant_id": tenant_id, "entity_type": "image", "entity_id": own}
    assert [row.entity_id for row in similar(**entity)] == [near, far]
    assert [row.entity_id for row in similar(**entity, limit=1)] == [near]
    assert similar(**entity, entity_types=["audio"]) == []
    assert similar(**entity | {"entity_id": uuid.uuid4()}) == []


def test_what_is_not_embedded_yet(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Newest first, page after page; by another model counts where a model is named."""
    embed(mindia, tenant_id, axis(1))
    old = embed(mindia, tenant_id, axis(1), model_name="old")
    waiting = {image(mindia, tenant_id) for _ in range(3)}
    paper = mindia.documents.add_document(tenant_id=tenant_id, **FILES).id
    seen: list[uuid.UUID] = []
    before: dict[str, Any] = {}
    missing = mindia.embeddings.entities_without_embedding
    while page := missing(tenant_id=tenant_id, limit=2, **before):
        seen += [entity.id for entity in page]
        before = {
            "before_uploaded_at": page[-1].uploaded_at,
            "before_id": page[-1].id,
            "before_kind": page[-1].kind,
        }
    assert len(seen) == 4
    assert set(seen) == waiting | {paper}
    assert {row.id for row in missing(tenant_id=tenant_id, kind="image")} == waiting
    by_model = missing(tenant_id=tenant_id, kind="image", model_name=MODEL)
    assert {row.id for row in by_model} == waiting | {old}


@pytest.fixture(params=["20", "1"])
def crowd(
    request: pytest.FixtureRequest, mindia_url: str, new_tenant: Callable[[], uuid.UUID]
) -> Iterator[tuple[psycopg.Connection[Any], uuid.UUID, uuid.UUID]]:
    """A transaction with a large tenant and a small one, in which 50 rows are many."""
    large, small = new_tenant(), new_tenant()
    with psycopg.connect(mindia_url) as connection:
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(CROWD, {"large": large, "small": small})
        row = connection.execute(LOWERED, [request.param]).fetchone()
        assert row is not None
        assert "LEAST(50, " in row[0]
        assert f" {request.param} * few" in row[0]
        connection.execute(row[0])
        yield connection, large, small
        connection.rollback()


@pytest.mark.parametrize("model_name", [None, MODEL, "old"])
def test_hnsw_finds_what_comparing_all_finds(
    crowd: tuple[psycopg.Connection[Any], uuid.UUID, uuid.UUID], model_name: str | None
) -> None:
    """And as many as are wanted, of a small tenant as well, whose rows are one in twelve."""
    connection, *tenants = crowd
    found = wanted = 0
    before = hnsw_scans(connection)
    for tenant_id in tenants:
        probes = connection.execute(
            "SELECT embedding::text FROM mindia.embeddings WHERE tenant_id = %s"
            " ORDER BY id LIMIT 8",
            [tenant_id],
        ).fetchall()
        for (probe,) in probes:
            best = connection.execute(EXACT, [tenant_id, model_name, model_name, probe]).fetchall()
            nearest = connection.execute(
                "SELECT id FROM mindia.nearest_embeddings(%s, %s::vector, NULL, %s, 10)",
                [tenant_id, probe, model_name],
            ).fetchall()
            assert len(nearest) == len(best) == 10
            found += len({*nearest} & {*best})
            wanted += 10
    assert hnsw_scans(connection) > before, "HNSW was not asked at all"
    assert found / wanted >= 0.95
    for setting, value in (("hnsw.ef_search", "40"), ("hnsw.iterative_scan", "off")):
        assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == (value,)


def hnsw_scans(connection: psycopg.Connection[Any]) -> int:
    """How often this transaction has asked the HNSW index."""
    row = connection.execute(
        "SELECT pg_stat_get_xact_numscans('mindia.embeddings_embedding_idx'::regclass)"
    ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def test_as_many_come_back_as_there_are(
    crowd: tuple[psycopg.Connection[Any], uuid.UUID, uuid.UUID],
) -> None:
    """Also where the scan of HNSW gives up: then everything is compared."""
    connection, large, _ = crowd
    connection.execute("SET LOCAL hnsw.max_scan_tuples = 1")
    for wanted, count in ((0, 0), (1, 1), (100, 100), (650, 650), (5000, 700)):
        row = connection.execute(
            "SELECT count(*), count(DISTINCT nearest.id) FROM mindia.nearest_embeddings("
            " %s, array_fill(1, ARRAY[768])::vector, NULL, NULL, %s) AS nearest",
            [large, wanted],
        ).fetchone()
        assert row == (count, count)


def test_a_session_of_a_tenant_searches_its_own(
    mindia: Mindia,
    new_tenant: Callable[[], uuid.UUID],
    session_of: Callable[..., psycopg.Connection[Any]],
) -> None:
    """As the first statement of a session, too; nothing that the search sets is left behind."""
    tenant_id, other = new_tenant(), new_tenant()
    own = embed(mindia, tenant_id, axis(1))
    embed(mindia, other, axis(1))
    session = session_of(tenant_id)
    search = (
        "SELECT embedding.entity_id FROM mindia.nearest_embeddings("
        " %s, array_fill(1, ARRAY[768])::vector, NULL, NULL, 10) AS nearest"
        " INNER JOIN mindia.embeddings AS embedding ON embedding.id = nearest.id"
    )
    assert session.execute(search, [tenant_id]).fetchall() == [(own,)]
    assert session.execute(search, [other]).fetchall() == []
    for setting in ("enable_sort", "plan_cache_mode", "hnsw.iterative_scan"):
        row = session.execute("SELECT current_setting(%s)", [setting]).fetchone()
        assert row in (("on",), ("auto",), ("off",))
