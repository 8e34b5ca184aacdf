"""``tensorrag modal``: puts TensorRag into a Modal account, says how it stands, and tidies up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from executors import modal_sdk
from executors.modal_counter import Counter, sign_in
from executors.modal_parcel import APP, DATA
from executors.modal_sentences import sentence
from executors.modal_volume import LEAST_DAYS, Far, files, remove
from tensorrag.cli.printing import size
from tensorrag.errors import NotInstalled, NotSignedIn, TensorRagError


def deploy() -> None:
    """Deploy, or deploy again.

    Raises:
        ExecutorError: Modal refused, cannot be reached, or is not installed; nobody is signed in.
    """
    try:
        sign_in()
        from executors.modal_app import app

        app.deploy(name=APP)
    except Exception as error:
        raise _said(sentence(error)) from error


def _said(error: TensorRagError) -> TensorRagError:
    """Say what to do about it here, where no card is under way."""
    if isinstance(error, NotInstalled | NotSignedIn):
        return error
    return type(error)(error.message, hint="Look at what it says, then deploy again.")


@click.group()
def modal() -> None:
    """Run cards on rented GPUs: set up Modal, and see how it stands."""


@modal.command("deploy")
def deploy_() -> int:
    """Put TensorRag into your Modal account; nothing runs there until you ask for it."""
    click.echo("Deploying to Modal: the first time this takes minutes.")
    with modal_sdk.sdk().enable_output():
        deploy()
    click.echo("TensorRag is deployed. Run a pipeline there: tensorrag run FILE --on modal")
    return 0


@modal.command("status")
def status() -> int:
    """Say whether you are signed in, which version is deployed, and what it costs."""
    offers = asyncio.run(Counter().offers("modal"))
    if not offers.available:
        click.echo(f"{offers.reason} {offers.hint}")
        return 1
    click.echo(f"TensorRag {offers.version} is deployed.".replace("  ", " "))
    if offers.outdated:
        click.echo(f"{offers.outdated} {offers.hint}")
    for offer in offers.offers:
        click.echo(f"{offer.label}: ${(offer.price or 0) * 3600:.2f} an hour while a card runs")
    if offers.rates is not None:
        click.echo(f"Prices: {offers.rates.words}.")
    return 0


@modal.command("clean")
@click.option(
    "--days",
    type=click.IntRange(LEAST_DAYS),
    default=30,
    show_default=True,
    help=f"Keep what was sent or made since then; {LEAST_DAYS} at least: Modal keeps results.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(days: int, yes: bool) -> int:
    """Remove large files from your Modal account that nobody has used for long."""
    try:
        there = asyncio.run(files())
        old = [file for file in there if file.is_older(days)]
        click.echo(f"The volume {DATA} has {_told(there)}.")
        if not old:
            click.echo(f"None is older than {days} days: nothing was removed.")
            return 0
        click.echo(f"Of these, nobody has sent or made {_told(old)} for {days} days.")
        if not yes and not click.confirm("Remove them? What a card needs again is sent again."):
            return 1
        click.echo(f"Freed {size(asyncio.run(remove(old)))}.")
    except Exception as error:
        raise sentence(error) from error
    return 0


def _told(some: Sequence[Far]) -> str:
    files = "1 file" if len(some) == 1 else f"{len(some):,} files"
    return f"{files} ({size(sum(file.size for file in some))})"
