"""The API of the registry service: wiring only."""

from fastapi import FastAPI

from services.registry.certificates import api as certificates
from services.registry.eligibility import api as eligibility
from services.registry.financing import api as financing
from services.registry.households import api as households
from services.registry.imports import api as imports
from services.registry.imports.upload import Readers
from services.registry.people import api as people
from shared.app import create_app as create_kit_app
from shared.clock import Clock
from shared.crypto import FieldCipher
from shared.settings import Settings

ROUTERS = [
    imports.writing,
    imports.reading,
    people.router,
    households.router,
    eligibility.router,
    certificates.reading,
    certificates.writing,
    financing.reading,
    financing.writing,
]


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The registry API, ready to serve."""
    cipher = FieldCipher(settings.data_keys, settings.active_data_key)
    return create_kit_app(
        "registry",
        settings,
        ROUTERS,
        title="康扶·登记服务",
        clock=clock,
        state={"cipher": cipher, "import_readers": Readers()},
    )
