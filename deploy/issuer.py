"""A token issuer for trying the containers out: ``python -m deploy.issuer init`` and ``… token ROLE``.

Production points KANGFU_JWKS and KANGFU_ISSUER at its own OIDC issuer and does not run this.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from deploy import tokens
from deploy.private_files import write_private

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

_FEED_TOKEN_TTL = timedelta(days=365)

PrivateDir = Annotated[Path, typer.Option(envvar="KANGFU_ISSUER_PRIVATE_DIR", help="Holds the private key.")]
PublicDir = Annotated[
    Path, typer.Option(envvar="KANGFU_ISSUER_PUBLIC_DIR", help="Read by the services: JWKS and feed token.")
]


@app.command()
def init(private_dir: PrivateDir, public_dir: PublicDir) -> None:
    """Make the key pair if there is none; publish its JWKS and a fresh token for the event feeds."""
    key_file = private_dir / "issuer.pem"
    if not key_file.exists():
        write_private(key_file, tokens.new_private_key())
    key = key_file.read_text(encoding="utf-8")
    write_private(public_dir / "jwks.json", tokens.jwks(key))
    write_private(public_dir / "feed.token", tokens.mint_role(key, "system", _FEED_TOKEN_TTL))
    typer.echo("issuer ready")


@app.command()
def token(role: str, private_dir: PrivateDir, hours: Annotated[int, typer.Option(min=1)] = 24) -> None:
    """Print a bearer token for one of the sample county's roles."""
    if role not in tokens.ROLES:
        raise typer.BadParameter(f"there is no role {role}; the roles are {', '.join(tokens.ROLES)}")
    key = (private_dir / "issuer.pem").read_text(encoding="utf-8")
    typer.echo(tokens.mint_role(key, role, timedelta(hours=hours)))


if __name__ == "__main__":
    app()
