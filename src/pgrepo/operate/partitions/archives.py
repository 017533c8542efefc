"""Archives of partitions. Importing this needs the extra `archive`: pyarrow and fsspec."""

from pgrepo.operate.partitions.archive import Archived, archive
from pgrepo.operate.partitions.restore import Restored, restore

__all__ = ["Archived", "Restored", "archive", "restore"]
