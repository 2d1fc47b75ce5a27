"""All tables of the registry service, for migrations and checks."""

from services.registry.certificates.tables import chronic_certificates
from services.registry.financing.tables import financing_plans
from services.registry.households.tables import households
from services.registry.imports.tables import import_errors, imports
from services.registry.metadata import metadata
from services.registry.people.tables import people
from services.registry.spells.tables import category_spells, enrolments, memberships

__all__ = [
    "category_spells",
    "chronic_certificates",
    "enrolments",
    "financing_plans",
    "households",
    "import_errors",
    "imports",
    "memberships",
    "metadata",
    "people",
]
