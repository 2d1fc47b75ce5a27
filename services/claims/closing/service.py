"""What other features ask of the day close."""

from services.claims.closing.days import instants, open_days

__all__ = ["instants", "open_days"]
