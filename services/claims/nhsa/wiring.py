"""The window of a process, from its settings."""

from services.claims.nhsa.catalogue import read_catalogue
from services.claims.nhsa.codes import codes
from services.claims.nhsa.settings import NhsaSettings
from services.claims.nhsa.transactions.base import Window
from services.claims.nhsa.vault import Vault
from shared.crypto import FieldCipher
from shared.settings import Settings


def window_of(settings: Settings, nhsa: NhsaSettings | None = None) -> Window:
    """The window; without data keys the process refuses to start."""
    chosen = nhsa or NhsaSettings()
    vault = Vault(FieldCipher(settings.data_keys, settings.active_data_key))
    return Window(chosen, chosen.secrets(), vault, codes(), read_catalogue(chosen.catalogue_file))
