"""Webhooks under /api/v1: addresses to which every check-in is sent."""

from urllib.parse import urlsplit

from flask import Response

from registry.http import requests as bodies
from registry.http.error_texts import in_readers_language
from registry.http.operations import Interface, problem, trace
from registry.queries import access_shapes as answers
from registry.queries.queries import Queries
from registry.queries.shapes import Done
from registry.storage.errors import UnknownError
from registry.webhooks import HookRow, Hooks, oddity, shown_url, standard_secret
from web.addresses import is_address

DONE = Done()


def add_webhooks(api: Interface, queries: Queries, hooks: Hooks) -> None:
    """Add the routes about webhooks."""

    def shown(hook_id: str, row: HookRow, secret: bytes | None = None) -> answers.Hook:
        return answers.Hook(
            id=hook_id,
            url=shown_url(row.url),
            made=queries.time(row.made_ms),
            behind=max(0, hooks.newest() - row.seen),
            tries=row.tries,
            trouble=in_readers_language(row.trouble),
            secret=secret.hex() if secret else None,
            signing_secret=standard_secret(secret) if secret else None,
            warning=in_readers_language(oddity(row.url)),
        )

    @api.get("/webhooks", "Addresses told of check-ins", access="admin", answer=answers.Hooks)
    def webhooks() -> answers.Hooks:
        return answers.Hooks(hooks=[shown(*one) for one in hooks.all().items()])

    @api.post(
        "/webhooks",
        "Tell an address of every check-in from now on",
        access="admin",
        body=bodies.NewHook,
        answer=answers.Hook,
    )
    def new_hook(body: bodies.NewHook) -> answers.Hook | Response:
        if not is_address(body.url):
            return problem(
                400, "url is no address; it should be like https://hooks.example/jianmen."
            )
        hook_id, row = hooks.add(body.url)
        trace(host=urlsplit(body.url).hostname)
        return shown(hook_id, row, row.secret)

    @api.delete("/webhooks/<hook_id>", "Tell an address no more", access="admin", answer=Done)
    def drop_hook(hook_id: str) -> Done:
        if not hooks.drop(hook_id):
            raise UnknownError(f"There is no webhook {hook_id[:20]!r}.")
        return DONE
