"""Commands of the screening service: ``python -m services.screening --help``."""

from shared.cli import command_line

app = command_line("screening")

if __name__ == "__main__":
    app()
