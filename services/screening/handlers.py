"""Which events of other services the screening service acts on."""

from shared.messaging.delivery import Handlers

HANDLERS: Handlers = {}
