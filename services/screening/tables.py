"""All tables of the screening service, for migrations and checks."""

from shared.db import new_metadata

metadata = new_metadata()
