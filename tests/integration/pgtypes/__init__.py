"""Every type of PostgreSQL, through generated code."""
