"""The life of a database: its schema (migrate), its partitions."""
