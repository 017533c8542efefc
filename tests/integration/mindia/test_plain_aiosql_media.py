"""Tenants, users and media without pgrepo: every query of their files through plain aiosql.

Plain aiosql knows neither defaults nor UNSET: all arguments are given, and a patch sets them all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.plain_aiosql import not_called

if TYPE_CHECKING:
    import uuid

    from tests.integration.mindia.conftest import Files

NAMES = ("tenants", "users", "images", "videos", "audios", "documents", "media")
FIRST_PAGE: dict[str, Any] = {"before_uploaded_at": None, "before_id": None, "limit": 10}
FIRST_MADE: dict[str, Any] = {"before_created_at": None, "before_id": None, "limit": 10}


def test_tenants(files: Files) -> None:
    """Every query of tenants.sql."""
    tenants = files.tenants
    tenant_id = tenants.create_tenant(name="Museum", s3_bucket="museum", s3_region="eu")[0]
    assert tenants.tenant_by_id(tenant_id=tenant_id)[1] == "Museum"
    assert tenants.tenant_by_s3_bucket(s3_bucket="museum")[0] == tenant_id
    changed = tenants.update_tenant(
        tenant_id=tenant_id, name="Harbour", s3_bucket="harbour", s3_region="us"
    )
    assert changed[1:4] == ("Harbour", "harbour", "us")
    assert tenants.suspend_tenant(tenant_id=tenant_id) == 1
    assert [row[0] for row in tenants.tenants_page(status="suspended", **FIRST_MADE)] == [tenant_id]
    assert tenants.reactivate_tenant(tenant_id=tenant_id) == 1
    assert tenants.delete_tenant(tenant_id=tenant_id) == 1
    assert tenants.purge_tenant(tenant_id=tenant_id, batch_size=10) == (0, True)
    assert tenants.purge_tenant(tenant_id=tenant_id, batch_size=10) is None


def test_users(files: Files) -> None:
    """Every query of users.sql."""
    users = files.users
    tenant_id = files.tenant()
    user_id = users.create_user(
        tenant_id=tenant_id, email="Ada@Example.org", password_hash="hash", role="admin"
    )[0]
    ada = {"tenant_id": tenant_id, "user_id": user_id}
    assert users.user_by_id(**ada)[2] == "Ada@Example.org"
    assert users.user_by_email(tenant_id=tenant_id, email="ADA@example.org")[0] == user_id
    credentials = users.user_credentials(tenant_id=tenant_id, email="ada@example.org")
    assert credentials == (user_id, "hash", "admin")
    accounts = users.accounts_of_email(email="ada@example.org", after_tenant_id=None, limit=10)
    assert accounts == [(tenant_id, user_id, "admin", "museum", "active")]
    page = users.users_page(tenant_id=tenant_id, role="admin", is_active=True, **FIRST_MADE)
    assert [row[0] for row in page] == [user_id]
    changed = users.update_user(**ada, email="a@example.org", role="viewer", is_active=True)
    assert changed[2:5] == ("a@example.org", "viewer", True)
    assert users.set_password_hash(**ada, password_hash="new") == 1
    assert users.record_login(**ada) == 1
    assert users.delete_user(**ada) == 1


def test_images(files: Files) -> None:
    """Every query of images.sql."""
    images = files.images
    tenant_id = files.tenant()
    given: dict[str, Any] = {
        "filename": "a.jpg",
        "s3_key": "a",
        "s3_url": "https://cdn.example.com/a",
        "content_type": "image/jpeg",
        "file_size": 10,
        "width": 3,
        "height": None,
    }
    image = images.add_image(tenant_id=tenant_id, original_filename="A.JPG", **given)
    target = {"tenant_id": tenant_id, "image_id": image[0]}
    assert images.image_by_id(**target) == image
    assert images.images_page(tenant_id=tenant_id, **FIRST_PAGE) == [image]
    changed = images.update_image(**target, **(given | {"height": 4}))
    assert changed[8:10] == (3, 4)
    assert images.delete_image(**target) == (image[0], "a")


def test_videos(files: Files) -> None:
    """Every query of videos.sql."""
    videos = files.videos
    tenant_id = files.tenant()
    given: dict[str, Any] = {"duration": None, "width": None, "height": None}
    known: dict[str, Any] = {"hls_master_key": "hls/a", "duration": 1.5, "width": 2, "height": 1}
    video = videos.add_video(
        tenant_id=tenant_id, filename="a.mp4", s3_key="a", file_size=1, **given
    )
    target = {"tenant_id": tenant_id, "video_id": video[0]}
    assert videos.video_by_id(**target) == video
    assert videos.videos_page(tenant_id=tenant_id, **FIRST_PAGE) == [video]
    waiting = videos.unprocessed_videos(
        tenant_id=tenant_id,
        processing_status="pending",
        after_uploaded_at=None,
        after_id=None,
        limit=10,
    )
    assert waiting == [video]
    changed = videos.update_video(**target, filename="b.mp4", s3_key="b", file_size=2, **known)
    assert changed[2:5] == ("b.mp4", "b", 2)
    begun = videos.set_processing_status(**target, processing_status="processing", **known)
    assert begun[5:10] == ("processing", "hls/a", 1.5, 2, 1)
    assert videos.delete_video(**target) == (video[0], "b", "hls/a")


def test_audios(files: Files) -> None:
    """Every query of audios.sql."""
    audios = files.audios
    tenant_id = files.tenant()
    given: dict[str, Any] = {
        "filename": "a.wav",
        "s3_key": "a",
        "file_size": 1,
        "duration": 2.5,
        "bitrate": 128000,
        "sample_rate": 44100,
        "channels": None,
    }
    audio = audios.add_audio(tenant_id=tenant_id, **given)
    target = {"tenant_id": tenant_id, "audio_id": audio[0]}
    assert audios.audio_by_id(**target) == audio
    assert audios.audios_page(tenant_id=tenant_id, **FIRST_PAGE) == [audio]
    changed = audios.update_audio(**target, **(given | {"channels": 2}))
    assert changed[5:9] == (2.5, 128000, 44100, 2)
    assert audios.delete_audio(**target) == (audio[0], "a")


def test_documents(files: Files) -> None:
    """Every query of documents.sql."""
    documents = files.documents
    tenant_id = files.tenant()
    given: dict[str, Any] = {"filename": "a.pdf", "s3_key": "a", "file_size": 1}
    document = documents.add_document(tenant_id=tenant_id, **given)
    target = {"tenant_id": tenant_id, "document_id": document[0]}
    assert documents.document_by_id(**target) == document
    assert documents.documents_page(tenant_id=tenant_id, **FIRST_PAGE) == [document]
    changed = documents.update_document(**target, **(given | {"file_size": 2}))
    assert changed[2:5] == ("a.pdf", "a", 2)
    assert documents.delete_document(**target) == (document[0], "a")


def test_media(files: Files) -> None:
    """Every query of media.sql."""
    media = files.media
    tenant_id: uuid.UUID = files.tenant()
    document = files.documents.add_document(
        tenant_id=tenant_id, filename="a.pdf", s3_key="a", file_size=7
    )
    row = ("document", document[0], "a.pdf", "a", 7, None, document[5])
    page = media.media_page(tenant_id=tenant_id, kind="document", before_kind=None, **FIRST_PAGE)
    assert page == [row]
    assert media.media_by_id(tenant_id=tenant_id, media_id=document[0]) == row
    stored = media.storage_by_tenant(tenant_id=tenant_id)
    assert stored == [("image", 0, 0), ("video", 0, 0), ("audio", 0, 0), ("document", 1, 7)]


def test_every_query_is_called_here(files: Files) -> None:
    """A query added to one of these files needs a call in this module."""
    names = files.names(NAMES)
    assert "purge_tenant" in names
    assert not_called(names, Path(__file__)) == set()
