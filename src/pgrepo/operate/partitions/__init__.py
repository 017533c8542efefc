"""Partitions of time: made ahead, looked at, archived to Parquet, and brought back."""

from pgrepo.operate.partitions.maintain import MONTHS_AHEAD, ensure, status
from pgrepo.operate.partitions.plan import Partition, PartitionedTable

__all__ = ["MONTHS_AHEAD", "Partition", "PartitionedTable", "ensure", "status"]
