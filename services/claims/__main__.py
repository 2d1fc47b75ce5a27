"""Commands of the claims service: ``python -m services.claims --help``."""

from shared.cli import command_line

app = command_line("claims")

if __name__ == "__main__":
    app()
