"""The page that `pgrepo bench --html` writes: `page` puts it together, `charts` draws."""
