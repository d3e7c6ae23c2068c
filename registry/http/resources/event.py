"""The event under /api/v1: a changed definition, what it would do and putting it in force; the purge at its end."""

import hashlib
from functools import partial

import msgspec
from flask import Response

from access.event.definition import Event
from access.log.entry import pack
from access.state.event_changes import change_facts, event_change_effects
from access.state.log_state import LogState
from config import event_file
from config.errors import ConfigError
from registry.http import requests as bodies
from registry.http.operations import Interface, leave_no_trace, problem
from registry.http.resources.jobs import finished, shown
from registry.jobs import Jobs, Work
from registry.queries import admin_shapes
from registry.queries.queries import Queries
from registry.storage.errors import ChangedError


def add_event(api: Interface, queries: Queries) -> None:
    """Add the route that changes the event definition."""

    @api.post(
        "/event",
        "Put a changed event definition in force, or tell what it would do",
        access="admin",
        body=bodies.ChangedEvent,
        answer=admin_shapes.EventChange,
    )
    def change_event(body: bodies.ChangedEvent) -> admin_shapes.EventChange | Response:
        old = queries.service.event
        mark = hashlib.sha256(pack(old)).hexdigest()[:12]
        if body.expect is not None and body.expect != mark:
            raise _changed()
        try:
            new = event_file.parse(body.toml, body.file)
            queries.service.check_event(new)
        except ConfigError as error:
            lines = tuple(map(str, error.mistakes))
            return problem(422, "The definition cannot be used; nothing was changed.", lines)
        with queries.snapshot() as log_state:
            effects = event_change_effects(old, new, change_facts(log_state))
        asks = any(effect.asks for effect in effects)
        applied = old != new and not body.check and (body.confirmed or not asks)
        if applied:
            queries.service.update_event(new, partial(_in_force, old))
        else:
            leave_no_trace()
        return admin_shapes.EventChange(
            event=new.id,
            mark=mark,
            changed=old != new,
            applied=applied,
            asks=asks,
            effects=[
                msgspec.convert(effect, admin_shapes.EventEffect, from_attributes=True)
                for effect in effects
            ],
        )


def _in_force(event: Event, log_state: LogState) -> None:
    """Raises ChangedError where this definition, for which the effects were worked out, is not in force any more."""
    programme = log_state.programme
    if programme is None or programme.event != event:
        raise _changed()


def _changed() -> ChangedError:
    return ChangedError(
        ["event"],
        "Somebody else has put another definition in force meanwhile; nothing was changed. Look at what yours"
        " would do now.",
    )


PURGE = "purge"
"""The kind of job."""


def add_purge(api: Interface, queries: Queries, jobs: Jobs) -> None:
    """Add the routes that end the event: all persons are erased."""

    def do(work: Work) -> admin_shapes.Purged:
        work.stage(f"{PURGE}.erasing")
        persons = queries.service.purge(
            early=bool(work.params["early"]), last_chance=work.last_chance, job=work.id
        )
        return admin_shapes.Purged(persons=persons, silent=queries.headcount().silent)

    jobs.kind(PURGE, do)

    @api.post(
        "/purge",
        "Erase all persons, once the retention days are over",
        access="admin",
        body=bodies.Purge,
        answer=admin_shapes.Purged,
    )
    def purge(body: bodies.Purge) -> admin_shapes.Purged:
        done = finished(jobs, PURGE, early=body.early)
        return msgspec.json.decode(done, type=admin_shapes.Purged)

    @api.post(
        "/purge/jobs",
        "The same as a job",
        access="admin",
        body=bodies.Purge,
        answer=admin_shapes.Job,
    )
    def begin_purge(body: bodies.Purge) -> admin_shapes.Job:
        return shown(jobs.start(PURGE, {"early": body.early}), [])
