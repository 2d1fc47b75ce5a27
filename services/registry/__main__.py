"""Commands of the registry service: ``python -m services.registry --help``."""

from shared.cli import command_line

app = command_line("registry")

if __name__ == "__main__":
    app()
