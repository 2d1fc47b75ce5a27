"""The API of the screening service: wiring only."""

from fastapi import FastAPI

from services.screening.coverage import api as coverage
from services.screening.funding import api as funding
from services.screening.issues import api as issues
from services.screening.participants import api as participants
from services.screening.places import api as places
from services.screening.programmes import api as programmes
from services.screening.programmes.book import load_programmes
from services.screening.redemptions import api as redemptions
from services.screening.vouchers import api as vouchers
from shared.app import create_app as create_kit_app
from shared.settings import Settings

_ROUTERS = [
    programmes.reads,
    participants.reads,
    places.reads,
    places.writes,
    vouchers.reads,
    vouchers.writes,
    issues.writes,
    redemptions.reads,
    redemptions.writes,
    funding.reads,
    coverage.reads,
]


def create_app(settings: Settings) -> FastAPI:
    """The screening API, ready to serve; a programme file with a fault refuses to start it."""
    state = {"programmes": load_programmes()}
    return create_kit_app("screening", settings, _ROUTERS, title="康扶·筛查服务", state=state)
