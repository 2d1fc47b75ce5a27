"""The API of the claims service: wiring only."""

from fastapi import FastAPI

from shared.app import create_app as create_kit_app
from shared.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The claims API, ready to serve."""
    return create_kit_app("claims", settings, [], title="康扶·结算服务")
