"""Semantic search in what a tenant of mindia has.

    DATABASE_URL=postgresql://… python search.py --tenant UUID index
    DATABASE_URL=postgresql://… python search.py --tenant UUID find "old cranes"

Everything happens in the scope of the tenant: PostgreSQL itself keeps it from seeing another one's.
"""

import argparse
import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from uuid import UUID

from pgrepo import Database
from pgrepo.domains.mindia import Mindia
from pgrepo.domains.mindia.embeddings import SimilarEntity

MODEL = "hashed-words-1"
DIMENSIONS = 768


def embed(text: str) -> list[float]:
    """Makes a vector of a text; put a real model here, and its name into MODEL.

    It counts words and the threes of letters in them, each at the place that its hash says. So
    "crane" is near "cranes", and "ship" is as far from "vessel" as from "onion": this knows
    spelling, and no meaning. What it has is that it needs no download, and always says the same.

    Raises:
        ValueError: there is no word in the text.
    """
    vector = [0.0] * DIMENSIONS
    for feature, count in Counter(features(text)).items():
        number = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest())
        place, sign = number % DIMENSIONS, 1 if number >> 63 else -1
        # The sign lets features that share a place cancel out instead of adding up.
        vector[place] += sign * (1 + math.log(count))
    length = math.hypot(*vector)
    if not length:
        raise ValueError("there is no word in the text")
    return [value / length for value in vector]


def features(text: str) -> Iterator[str]:
    """Words, and the threes of letters in them with the words' ends marked."""
    for word in re.findall(r"\w+", text.casefold()):
        yield word
        marked = f"<{word}>"
        yield from (marked[at : at + 3] for at in range(len(marked) - 2))


def index(mindia: Mindia, tenant_id: UUID) -> int:
    """Embeds what MODEL has not embedded yet; returns how much that was.

    What another model has embedded keeps its description. Else the file's name has to do, where a
    real service would ask a model what is to be seen or heard.
    """
    done = 0
    while page := mindia.embeddings.entities_without_embedding(
        tenant_id=tenant_id, model_name=MODEL
    ):
        with mindia.transaction() as tx:
            for entity in page:
                known = tx.embeddings.embedding_of_entity(
                    tenant_id=tenant_id, entity_type=entity.kind, entity_id=entity.id
                )
                description = known.description if known else words(entity.filename)
                tx.embeddings.upsert_embedding(
                    tenant_id=tenant_id,
                    entity_type=entity.kind,
                    entity_id=entity.id,
                    description=description,
                    embedding=embed(description),
                    model_name=MODEL,
                )
        done += len(page)
    return done


def words(filename: str) -> str:
    """What a file's name says: "crane plan" of crane-plan.png."""
    return re.sub(r"[\W_]+", " ", filename.rpartition(".")[0]).strip() or filename


def find(mindia: Mindia, tenant_id: UUID, text: str, limit: int) -> list[SimilarEntity]:
    """Returns what is most similar to a text, most similar first."""
    return mindia.embeddings.search_embeddings(
        tenant_id=tenant_id, embedding=embed(text), model_name=MODEL, limit=limit
    )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Semantic search in what a tenant has.")
    parser.add_argument("--tenant", type=UUID, required=True, help="the tenant's id")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("index", help="embed what is not embedded yet")
    finding = commands.add_parser("find", help="show what is most similar to a text")
    finding.add_argument("text")
    finding.add_argument("--limit", type=int, default=5, help="how many to show")
    options = parser.parse_args()
    url = os.environ.get("DATABASE_URL") or parser.error("DATABASE_URL is not set")
    with Database(url) as database:
        mindia = Mindia(database).for_tenant(options.tenant)
        if options.command == "index":
            print(f"{index(mindia, options.tenant)} embedded")
            return
        try:
            nearest = find(mindia, options.tenant, options.text, options.limit)
        except ValueError as error:
            parser.error(str(error))
        for found in nearest:
            print(f"{found.similarity:5.2f}  {found.entity_type:8}  {found.description}")


if __name__ == "__main__":
    main()
