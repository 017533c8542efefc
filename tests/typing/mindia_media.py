"""What type checkers must make of mindia's tenants and media; never run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, assert_type

from pgrepo.domains.mindia import AsyncMindia, Mindia
from pgrepo.domains.mindia.media import MediaFile, StorageByTenant
from pgrepo.domains.mindia.tables import Tenant, Video
from pgrepo.domains.mindia.tenants import PurgeTenant
from pgrepo.domains.mindia.users import User

if TYPE_CHECKING:
    from uuid import UUID

Kind = Literal["image", "video", "audio", "document"]


def feed(mindia: Mindia, tenant_id: UUID) -> None:
    """A scope is a domain like any other; only videos have a status."""
    museum = mindia.for_tenant(tenant_id)
    assert_type(museum, Mindia)
    page = museum.media.media_page(tenant_id=tenant_id, kind="audio")
    assert_type(page, list[MediaFile])
    assert_type(page[0].kind, Kind)
    assert_type(page[0].uploaded_at, datetime)
    assert_type(
        page[0].processing_status,
        Literal["pending", "processing", "completed", "failed"] | None,
    )
    museum.media.media_page(tenant_id=tenant_id, kind="film")  # type: ignore[arg-type]
    museum.media.media_page(tenant_id=tenant_id, kind=None)  # type: ignore[arg-type]
    found = museum.media.media_by_id(tenant_id=tenant_id, media_id=tenant_id)
    assert_type(found, MediaFile | None)
    stored = museum.media.storage_by_tenant(tenant_id=tenant_id)
    assert_type(stored, list[StorageByTenant])
    assert_type(stored[0].total_bytes, int)


def video(mindia: Mindia, tenant_id: UUID) -> None:
    """What may be missing can be emptied, and nothing else."""
    made = mindia.videos.add_video(tenant_id=tenant_id, filename="a", s3_key="a", file_size=1)
    assert_type(made, Video)
    assert_type(made.duration, float | None)
    done = mindia.videos.set_processing_status(
        tenant_id=tenant_id, video_id=made.id, processing_status="completed", hls_master_key=None
    )
    assert_type(done, Video | None)
    mindia.videos.update_video(tenant_id=tenant_id, video_id=made.id, file_size=None)  # type: ignore[arg-type]


async def people(mindia: AsyncMindia, tenant_id: UUID) -> None:
    """No hash where none is asked for; a purge may have nothing to do."""
    assert_type(await mindia.tenants.tenant_by_id(tenant_id=tenant_id), Tenant | None)
    user = await mindia.users.user_by_email(tenant_id=tenant_id, email="ada@example.org")
    assert_type(user, User | None)
    assert user is not None
    user.password_hash  # type: ignore[attr-defined]  # noqa: B018
    assert_type(await mindia.tenants.purge_tenant(tenant_id=tenant_id), PurgeTenant | None)
