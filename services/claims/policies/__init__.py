"""Policy packs as shipped: ``<pack>/<effective-date>.yaml``, described by ``pack.schema.json``."""

from services.claims.policies.load import compile_pack, load_book, load_books, parse_pack

__all__ = ["compile_pack", "load_book", "load_books", "parse_pack"]
