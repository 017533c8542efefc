"""What people and monitors are told of a database's calls."""
