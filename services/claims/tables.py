"""All tables of the claims service, for migrations and checks."""

from shared.db import new_metadata

metadata = new_metadata()
