"""Query files in, Python modules out. Never imported at run time."""
