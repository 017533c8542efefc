"""URLs of databases."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict


def url_of(url: str, dbname: str) -> str:
    """Returns the URL of another database of the same server."""
    parameters = {
        key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None
    }
    parameters.pop("dbname", None)
    user = quote(parameters.pop("user", ""), safe="")
    if password := parameters.pop("password", None):
        user += f":{quote(password, safe='')}"
    authority = f"{user}@" if user else ""
    query = urlencode(parameters, quote_via=quote)
    return f"postgresql://{authority}/{quote(dbname, safe='')}?{query}"
