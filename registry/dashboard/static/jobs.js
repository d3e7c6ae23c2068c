// Long work on a page: a bar, what is being done, and a button that stops it.
import { ask, el, has, t } from "./common.js";

const LOOK_MS = 500;
const SOON = 6; // looks; a job that has not begun by then waits for another

/** Show a job in an element until it ends; gives the job as it ended. */
export async function followJob(id, inside) {
  const bar = el("progress", { max: 1, "aria-label": t("job.progress") });
  const text = el("span", { role: "status" });
  const stop = el("button", { type: "button", click: () => ask("POST", `/jobs/${id}/cancel`, {}) }, t("job.stop"));
  inside.replaceChildren(el("p", { class: "job" }, bar, " ", text, " ", stop));
  for (let looks = 0; ; looks += 1) {
    const job = await ask("GET", `/jobs/${id}`);
    if (!["waiting", "running"].includes(job.state)) {
      inside.replaceChildren();
      return job;
    }
    const stage = job.state !== "waiting" ? `stage.${job.stage}` : looks < SOON ? "job.starting" : "job.waiting";
    text.textContent = has(stage) ? t(stage, job) : t("job.running");
    if (job.total) bar.value = job.done / job.total;
    else bar.removeAttribute("value");
    await new Promise((resume) => { setTimeout(resume, LOOK_MS); });
  }
}

/** A file that a job makes: its progress in an element, and then the download, which begins by itself. */
export async function download(path, inside) {
  const job = await followJob((await ask("POST", path, {})).id, inside);
  if (job.state !== "done" || !job.files.length) {
    inside.replaceChildren(el("p", { class: "problem", role: "alert" }, `▲ ${job.state === "done" ? t("export.gone") : jobProblem(job)}`));
    return;
  }
  const [file] = job.files;
  const link = el("a", { class: "button main", href: `/api/v1/jobs/${job.id}/files/${encodeURIComponent(file)}`, download: true }, t("export.download"));
  inside.replaceChildren(el("p", { role: "status" }, `✓ ${file} · ${t("export.ready", { n: job.result.rows })} `, link));
  link.click();
}

/** What to say of a job that did not end well. */
export const jobProblem = (job) => job.error || t(`job.${job.state}`);
