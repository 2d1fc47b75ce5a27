"""The fund ledger: append-only transfers, each one debit and one credit account."""
