"""Which events of other services the registry service acts on."""

from shared.messaging.delivery import Handlers

HANDLERS: Handlers = {}
