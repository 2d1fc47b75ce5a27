"""The API of the registry service: wiring only."""

from fastapi import FastAPI

from shared.app import create_app as create_kit_app
from shared.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The registry API, ready to serve."""
    return create_kit_app("registry", settings, [], title="康扶·登记服务")
