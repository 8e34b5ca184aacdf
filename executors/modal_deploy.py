"""``tensorrag modal``: puts TensorRag into a Modal account, and says whether it is there."""

from __future__ import annotations

import asyncio

import click

from executors import modal_sdk
from executors.modal_parcel import APP
from executors.modal_remote import ModalExecutor
from executors.modal_sentences import sentence


def deploy() -> None:
    """Deploy, or deploy again.

    Raises:
        ExecutorError: Modal refused, cannot be reached, or is not installed.
    """
    modal_sdk.sdk()
    from executors.modal_app import app

    try:
        app.deploy(name=APP)
    except Exception as error:
        raise sentence(error) from error


@click.group()
def modal() -> None:
    """Run cards on rented GPUs: set up Modal, and see how it stands."""


@modal.command("deploy")
def deploy_() -> int:
    """Put TensorRag into your Modal account; nothing runs there until you ask for it."""
    click.echo("Deploying to Modal: the first time this takes minutes.")
    deploy()
    click.echo("TensorRag is deployed. Run a pipeline there: tensorrag run FILE --on modal")
    return 0


@modal.command("status")
def status() -> int:
    """Say whether you are signed in, whether TensorRag is deployed, and what it costs."""
    offers = asyncio.run(ModalExecutor().offers())
    if not offers.available:
        click.echo(f"{offers.reason} {offers.hint}")
        return 1
    for offer in offers.offers:
        click.echo(f"{offer.label}: ${(offer.price or 0) * 3600:.2f} an hour while a card runs")
    return 0
