"""Images, videos, audios and documents: each kind, and all of them as one feed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import CheckViolation, ForeignKeyViolation
from tests.integration.mindia.world import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from pgrepo.domains.mindia import Mindia
    from pgrepo.domains.mindia.media import MediaFile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SCATTER = """
INSERT INTO mindia.documents (tenant_id, id, filename, s3_key, file_size, uploaded_at)
SELECT %(tenant)s, md5('document ' || n)::uuid, n || '.pdf', 'd', n, %(noon)s + n / 3 * %(step)s
FROM generate_series(1, 20) AS n;
INSERT INTO mindia.audios (tenant_id, id, filename, s3_key, file_size, uploaded_at)
SELECT %(tenant)s, md5('audio ' || n)::uuid, n || '.wav', 'a', n, %(noon)s + n / 3 * %(step)s
FROM generate_series(1, 10) AS n;
INSERT INTO mindia.videos (tenant_id, id, filename, s3_key, file_size, uploaded_at)
SELECT %(tenant)s, md5('video ' || n)::uuid, n || '.mp4', 'v', n, %(noon)s + n / 3 * %(step)s
FROM generate_series(1, 10) AS n;
INSERT INTO mindia.images (
    tenant_id, id, filename, original_filename, s3_key, s3_url, content_type, file_size,
    uploaded_at
)
SELECT
    %(tenant)s, md5('document ' || n)::uuid, n || '.jpg', n || '.JPG', 'i', 'i', 'image/jpeg', n,
    %(noon)s + n / 3 * %(step)s
FROM generate_series(1, 20) AS n;
"""


@pytest.fixture
def scattered(tenant_id: uuid.UUID, mindia_url: str) -> uuid.UUID:
    """A tenant with sixty files, many of one minute, images with the ids of the documents."""
    # Here, as the statements go to the server together, with values in their text.
    import psycopg  # noqa: PLC0415
    from psycopg import ClientCursor  # noqa: PLC0415

    with psycopg.connect(mindia_url, cursor_factory=ClientCursor) as connection:
        connection.execute(SCATTER, {"tenant": tenant_id, "noon": NOON, "step": MINUTE})
    return tenant_id


def walk(mindia: Mindia, tenant_id: uuid.UUID, limit: int, **given: Any) -> list[MediaFile]:
    """All pages of the feed, one after the other."""
    found: list[MediaFile] = []
    page = mindia.media.media_page(tenant_id=tenant_id, limit=limit, **given)
    while page:
        found += page
        last = page[-1]
        page = mindia.media.media_page(
            tenant_id=tenant_id,
            before_uploaded_at=last.uploaded_at,
            before_id=last.id,
            before_kind=last.kind,
            limit=limit,
            **given,
        )
    return found


@pytest.mark.parametrize("limit", [1, 7, 60, 100])
def test_feed(mindia: Mindia, scattered: uuid.UUID, limit: int) -> None:
    """Everything once and newest first, whatever the pages; ties of all three columns too."""
    found = walk(mindia.for_tenant(scattered), scattered, limit)
    assert len(found) == len({(media.kind, media.id) for media in found}) == 60
    times = [media.uploaded_at for media in found]
    assert times == sorted(times, reverse=True)
    assert {media.processing_status for media in found if media.kind == "video"} == {"pending"}
    assert {media.processing_status for media in found if media.kind != "video"} == {None}


@pytest.mark.parametrize(
    ("kind", "files"), [("image", 20), ("video", 10), ("audio", 10), ("document", 20)]
)
def test_feed_of_one_kind(mindia: Mindia, scattered: uuid.UUID, kind: str, files: int) -> None:
    """That kind alone, in the order that the whole feed has."""
    found = walk(mindia, scattered, 3, kind=kind)
    assert {media.kind for media in found} == {kind}
    assert len(found) == files
    assert found == [media for media in walk(mindia, scattered, 60) if media.kind == kind]


def test_feed_of_another_tenant(
    mindia: Mindia, scattered: uuid.UUID, new_tenant: Callable[[], uuid.UUID]
) -> None:
    """The parameter alone keeps tenants apart, and the scope does if it is wrong."""
    other = new_tenant()
    assert mindia.media.media_page(tenant_id=other) == []
    assert mindia.for_tenant(other).media.media_page(tenant_id=scattered) == []


def test_media_by_id(
    mindia: Mindia, tenant_id: uuid.UUID, observer: psycopg.Connection[Any]
) -> None:
    """Whatever the kind; none for an id of another tenant."""
    fill(observer, tenant_id)
    feed = mindia.media.media_page(tenant_id=tenant_id)
    assert {media.kind for media in feed} == {"image", "video", "audio", "document"}
    for media in feed:
        assert mindia.media.media_by_id(tenant_id=tenant_id, media_id=media.id) == media
        assert mindia.media.media_by_id(tenant_id=uuid.uuid4(), media_id=media.id) is None


def test_storage(mindia: Mindia, scattered: uuid.UUID, new_tenant: Callable[[], uuid.UUID]) -> None:
    """Sums for each kind, 0 and not nothing where there are no files."""

    def stored(tenant_id: uuid.UUID) -> list[tuple[str, int, int]]:
        rows = mindia.media.storage_by_tenant(tenant_id=tenant_id)
        return [(row.kind, row.file_count, row.total_bytes) for row in rows]

    assert stored(scattered) == [
        ("image", 20, 210),
        ("video", 10, 55),
        ("audio", 10, 55),
        ("document", 20, 210),
    ]
    assert stored(new_tenant()) == [
        (kind, 0, 0) for kind in ("image", "video", "audio", "document")
    ]


def test_processing(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Ends only after it began, can be repeated, and may begin anew."""
    videos = mindia.videos
    video = videos.add_video(tenant_id=tenant_id, filename="a", s3_key="a", file_size=1)
    target = {"tenant_id": tenant_id, "video_id": video.id}
    for early in ("completed", "failed"):
        with pytest.raises(CheckViolation) as refused:
            videos.set_processing_status(**target, processing_status=early)
        assert refused.value.diag.constraint_name == "videos_processing_status_step"
    assert videos.set_processing_status(**target, processing_status="processing") is not None
    done = videos.set_processing_status(
        **target,
        processing_status="completed",
        hls_master_key="hls/a/master.m3u8",
        duration=12.5,
        width=1920,
        height=1080,
    )
    assert done is not None
    again = videos.set_processing_status(**target, processing_status="completed")
    assert again == done
    assert (again.hls_master_key, again.duration, again.height) == (
        "hls/a/master.m3u8",
        12.5,
        1080,
    )
    with pytest.raises(CheckViolation):
        videos.set_processing_status(**target, processing_status="failed")
    anew = videos.set_processing_status(**target, processing_status="pending", hls_master_key=None)
    assert anew is not None
    assert (anew.processing_status, anew.hls_master_key, anew.width) == ("pending", None, 1920)
    stranger = target | {"tenant_id": uuid.uuid4()}
    assert videos.set_processing_status(**stranger, processing_status="processing") is None


def test_unprocessed(mindia: Mindia, scattered: uuid.UUID) -> None:
    """Oldest first, of one status if it is given, and never one that is completed."""
    videos = mindia.videos
    oldest = videos.unprocessed_videos(tenant_id=scattered, limit=4)
    assert [video.uploaded_at for video in oldest] == [NOON + n // 3 * MINUTE for n in (1, 2, 3, 4)]
    for step in ("processing", "completed"):
        videos.set_processing_status(
            tenant_id=scattered, video_id=oldest[0].id, processing_status=step
        )
    videos.set_processing_status(
        tenant_id=scattered, video_id=oldest[1].id, processing_status="processing"
    )
    left = videos.unprocessed_videos(tenant_id=scattered, limit=3)
    assert [video.id for video in left] == [video.id for video in oldest[1:]]
    pending = videos.unprocessed_videos(tenant_id=scattered, processing_status="pending")
    assert len(pending) == 8
    rest = videos.unprocessed_videos(
        tenant_id=scattered,
        after_uploaded_at=left[-1].uploaded_at,
        after_id=left[-1].id,
    )
    assert len(rest) == 6
    assert videos.unprocessed_videos(tenant_id=scattered, processing_status="completed") == []


def test_patches(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """What is not given stays, None empties, and another tenant's file is not found."""
    image = mindia.images.add_image(
        tenant_id=tenant_id,
        filename="a.jpg",
        original_filename="A.JPG",
        s3_key="a",
        s3_url="https://cdn.example.com/a",
        content_type="image/jpeg",
        file_size=1,
        width=10,
    )
    changed = mindia.images.update_image(
        tenant_id=tenant_id, image_id=image.id, width=None, height=20
    )
    assert changed is not None
    assert (changed.width, changed.height, changed.filename) == (None, 20, "a.jpg")
    audio = mindia.audios.add_audio(tenant_id=tenant_id, filename="a", s3_key="a", file_size=1)
    assert (audio.duration, audio.channels) == (None, None)
    longer = mindia.audios.update_audio(tenant_id=tenant_id, audio_id=audio.id, duration=1.5)
    assert longer is not None
    assert longer.duration == 1.5
    other = mindia.audios.update_audio(tenant_id=uuid.uuid4(), audio_id=audio.id, filename="b")
    assert other is None
    with pytest.raises(CheckViolation, match="audios_channels_check"):
        mindia.audios.update_audio(tenant_id=tenant_id, audio_id=audio.id, channels=0)
    with pytest.raises(ForeignKeyViolation, match="audios_tenant_id_fkey"):
        mindia.audios.add_audio(tenant_id=uuid.uuid4(), filename="a", s3_key="a", file_size=1)


def test_deletion_tells_where_the_file_is(mindia: Mindia, tenant_id: uuid.UUID) -> None:
    """Once: the second time there is nothing."""
    video = mindia.videos.add_video(tenant_id=tenant_id, filename="a", s3_key="v/a", file_size=1)
    gone = mindia.videos.delete_video(tenant_id=tenant_id, video_id=video.id)
    assert gone is not None
    assert (gone.id, gone.s3_key, gone.hls_master_key) == (video.id, "v/a", None)
    assert mindia.videos.delete_video(tenant_id=tenant_id, video_id=video.id) is None
