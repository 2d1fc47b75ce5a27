"""``python -m deploy.demo files --out DIR`` writes the sample county's import files."""

import time
from pathlib import Path
from typing import Annotated

import typer

from deploy.demo import county, exports
from deploy.demo.model import SEED
from deploy.demo.run import run

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.callback()
def _group() -> None:
    """Sample county 990101."""


app.command()(run)


@app.command()
def files(
    out: Annotated[Path, typer.Option(help="Folder to write into; made if missing")] = Path(".run/demo"),
    seed: Annotated[int, typer.Option(help="Same seed, same files")] = SEED,
    households: Annotated[int, typer.Option(help="How many households")] = county.HOUSEHOLDS,
) -> None:
    """Generate the county and write its import files."""
    started = time.perf_counter()
    sample = county.generate(seed, households)
    written = exports.write_all(sample, out)
    print(f"seed {seed}: {len(sample.households):,} households, {sample.people_count:,} people")
    for file in written:
        print(f"  {file.path}  {file.kind}/{file.format}  {file.rows:,} rows")
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    app()
