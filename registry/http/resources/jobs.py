"""Jobs over the public interface: how far they are, their files, and stopping them.

What a job was given, answers and makes may name people, so it is for those roles alone that may do what it does.
"""

import mimetypes
from collections.abc import Mapping

from flask import Response

from registry.accounts.authorization import Guard
from registry.http.error_texts import in_readers_language
from registry.http.operations import Interface, problem
from registry.jobs import Job, Jobs
from registry.queries import admin_shapes
from registry.queries.shapes import Access
from registry.storage.errors import RegistryError

WAIT_S = 280.0
"""How long a request waits for the job that answers it: less than any client of ours waits for an answer."""

FOR_ADMINS = "staff_too"
"""The parameter of a job whose files only admins may have: there are badges among them that give a role."""


def add_jobs(api: Interface, jobs: Jobs, guard: Guard, needs: Mapping[str, Access]) -> None:
    """Give the interface its jobs. `needs`: the role that a kind of job needs; one that is not there is for admins."""

    def refusal(job_id: str) -> Response | None:
        """The answer to whoever may not do what this job does. Raises UnknownError."""
        needed = needs.get(jobs.find(job_id).kind, "admin")
        if jobs.params(job_id).get(FOR_ADMINS):
            needed = "admin"
        refused = guard.refusal(needed, changes=False)
        return None if refused is None else problem(*refused)

    @api.get(
        "/jobs",
        "Long work: the last of it, the newest first",
        access="admin",
        answer=admin_shapes.Jobs,
    )
    def all_jobs() -> admin_shapes.Jobs:
        return admin_shapes.Jobs(jobs=[shown(job, []) for job in jobs.newest()])

    @api.get(
        "/jobs/<job_id>",
        "One job: how far it is, and what came of it",
        access="desk",
        answer=admin_shapes.Job,
    )
    def job(job_id: str) -> admin_shapes.Job | Response:
        refused = refusal(job_id)
        if refused is not None:
            return refused
        found = jobs.find(job_id)
        return shown(found, jobs.files(job_id) if found.has_ended else [])

    @api.post(
        "/jobs/<job_id>/cancel",
        "Stop a job; what it has done is undone",
        access="desk",
        answer=admin_shapes.Job,
    )
    def cancel_job(job_id: str) -> admin_shapes.Job | Response:
        return refusal(job_id) or shown(jobs.cancel(job_id), [])

    @api.get(
        "/jobs/<job_id>/files/<name>",
        "A file that a job has made",
        access="desk",
        answer="application/octet-stream",
    )
    def job_file(job_id: str, name: str) -> Response:
        if (refused := refusal(job_id)) is not None:
            return refused
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        size, pieces = jobs.pieces(job_id, name)
        answer = Response(pieces, mimetype=kind)
        answer.content_length = size
        answer.headers.set("Content-Disposition", "attachment", filename=name)
        return answer


def ended(jobs: Jobs, job_id: str) -> Job:
    """A job of this process once it is done. Raises RegistryError where it did not end well, or takes too long."""
    job = jobs.wait(job_id, WAIT_S)
    if not job.has_ended:
        raise RegistryError(f"This takes long and goes on; see job {job.id}.")
    if job.state != "done":
        raise RegistryError(job.error or f"The job is {job.state}; nothing was changed.")
    return job


def finished(jobs: Jobs, kind: str, **params: object) -> bytes:
    """The result (JSON) of a job that is begun here. Raises RegistryError."""
    return bytes(ended(jobs, jobs.start(kind, params).id).result or b"{}")


def shown(job: Job, files: list[str]) -> admin_shapes.Job:
    """A job as the interface returns it."""
    return admin_shapes.Job(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=job.stage,
        done=job.done,
        total=job.total,
        result=job.result,
        error=in_readers_language(job.error),
        files=files,
    )
