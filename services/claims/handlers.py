"""Which events of other services the claims service acts on."""

from shared.messaging.delivery import Handlers

HANDLERS: Handlers = {}
