"""The API of the claims service: wiring only."""

from typing import Final

from fastapi import FastAPI

from services.claims.audit import api as audit
from services.claims.burden import api as burden
from services.claims.closing import api as closing
from services.claims.designations import api as designations
from services.claims.enrolment import api as enrolment
from services.claims.funds import api as funds
from services.claims.ledger import api as ledger
from services.claims.nhsa import api as nhsa
from services.claims.nhsa.wiring import window_of
from services.claims.one_off import api as one_off
from services.claims.packs import api as packs
from services.claims.packs.live import LivePacks
from services.claims.packs.shipped import ShippedPacks
from services.claims.payments import accounts_api as payee_accounts
from services.claims.payments import api as payments
from services.claims.payments import tracing_api as payment_tracing
from services.claims.payments.subsidies import api as subsidies
from services.claims.providers import api as providers
from services.claims.readjudication import api as readjudication
from services.claims.readjudication.settings import ReadjudicationSettings
from services.claims.reconciliation import api as reconciliation
from services.claims.referrals import api as referrals
from services.claims.relapse import api as relapse
from services.claims.relapse_pool import api as relapse_pool
from services.claims.reports import api as reports
from services.claims.settlements import api as settlements
from services.claims.settlements.policies import Policies
from services.claims.settlements.posting import StoredBases
from services.claims.settlements.settle import Desk
from services.claims.sponsorship import api as sponsorship
from services.claims.visits import api as visits
from shared.app import create_app as create_kit_app
from shared.clock import Clock
from shared.crypto import BlindIndex, FieldCipher
from shared.settings import Settings

# The busiest one first: routes are tried in this order.
ROUTERS: Final = (
    settlements.router,
    providers.router,
    designations.router,
    packs.router,
    referrals.router,
    visits.router,
    visits.holds_router,
    nhsa.router,
    ledger.router,
    reports.router,
    burden.router,
    relapse.insurance_router,
    relapse.router,
    relapse_pool.router,
    one_off.router,
    enrolment.router,
    enrolment.premiums_router,
    sponsorship.router,
    readjudication.router,
    closing.router,
    closing.statements_router,
    reconciliation.router,
    audit.rules_router,
    audit.runs_router,
    audit.router,
    funds.router,
    payments.router,
    payment_tracing.router,
    payments.advances_router,
    payee_accounts.router,
    subsidies.programmes_router,
    subsidies.router,
)


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The claims API, ready to serve."""
    shipped = ShippedPacks()
    live = LivePacks(shipped.books)
    desk = Desk(Policies(shipped.books.values()), BlindIndex(settings.index_key), StoredBases())
    return create_kit_app(
        "claims",
        settings,
        ROUTERS,
        title="康扶·结算服务",
        clock=clock,
        state={
            "desk": desk,
            "packs": live,
            "shipped": shipped,
            "readjudication": ReadjudicationSettings(),
            "nhsa": window_of(settings),
            "cipher": FieldCipher(settings.data_keys, settings.active_data_key),
        },
        companions=[live],
    )
