"""The API of the claims service: wiring only."""

from fastapi import FastAPI

from services.claims.burden import api as burden
from services.claims.ledger import api as ledger
from services.claims.policies import load_books
from services.claims.providers import api as providers
from services.claims.readjudication import api as readjudication
from services.claims.readjudication.settings import ReadjudicationSettings
from services.claims.relapse import api as relapse
from services.claims.reports import api as reports
from services.claims.settlements import api as settlements
from services.claims.settlements.policies import Policies
from services.claims.settlements.posting import StoredBases
from services.claims.settlements.settle import Desk
from shared.app import create_app as create_kit_app
from shared.clock import Clock
from shared.crypto import BlindIndex
from shared.settings import Settings


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The claims API, ready to serve."""
    routers = [
        providers.router,
        settlements.router,
        ledger.router,
        reports.router,
        burden.router,
        relapse.insurance_router,
        relapse.router,
        readjudication.router,
    ]
    desk = Desk(Policies(load_books().values()), BlindIndex(settings.index_key), StoredBases())
    state = {"desk": desk, "readjudication": ReadjudicationSettings()}
    return create_kit_app("claims", settings, routers, title="康扶·结算服务", clock=clock, state=state)
