"""``tensorrag modal``: puts TensorRag into a Modal account, and says whether it is there."""

from __future__ import annotations

import asyncio

import click

from executors import modal_sdk
from executors.modal_counter import Counter, sign_in
from executors.modal_parcel import APP
from executors.modal_sentences import sentence
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
