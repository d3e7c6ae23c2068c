"""Long work with progress: imports, badges, a new desk key, a purge, exports.

A job is a row of the table `job` that every worker and machine can read, done by one thread of the process that was
asked for it; jobs of a process wait for one another. Who asks gets the row at once, and then looks how far it is:

    jobs = Jobs(ledger, now_ms)
    jobs.kind("badges", make_badges)               # once, when the application is made
    job = jobs.start("badges", {"refs": None})     # returns at once; `jobs.find(job.id)` has its state
    jobs.cancel(job.id)                            # the work stops at its next `step`

    def make_badges(work: Work) -> BadgesMade:     # in the jobs' thread; its struct is the row's `result` (JSON)
        refs = work.params["refs"]
        work.stage("badges.drawing", total=26_000) # a key of the texts, and how many there are to do
        for n, person in enumerate(people):
            work.step(n)                           # raises Stopped where the job was cancelled or the server stops
        work.keep("badges.pdf", data)              # files, of any size; kept for a day

States: `waiting`, `running`; then `done`, `failed` (`error` has the reason, for people), `cancelled`, `interrupted`
(the server was stopped or died meanwhile). What a job must undo if it is stopped it undoes itself, or, after a crash,
in the `recover` of its kind, which runs before anything else of that kind. Over HTTP: `GET /api/v1/jobs`, `/jobs/<id>`,
`POST /jobs/<id>/cancel`, `GET /jobs/<id>/files/<name>`; on pages: `followJob` of `static/jobs.js`.
"""

from registry.jobs.model import Job, State, Stopped, Work
from registry.jobs.runner import Jobs

__all__ = ["Job", "Jobs", "State", "Stopped", "Work"]
