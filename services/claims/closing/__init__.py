"""Day close (日结): charges = ledger = provider statement, in a chain of hashes that anybody can check."""
