"""The API of the screening service: wiring only."""

from fastapi import FastAPI

from shared.app import create_app as create_kit_app
from shared.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The screening API, ready to serve."""
    return create_kit_app("screening", settings, [], title="康扶·筛查服务")
