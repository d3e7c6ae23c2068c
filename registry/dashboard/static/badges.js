// Badges to print: chosen, looked at, made as a job, and downloaded.
import { ask, attempt, data, el, listed, placeName, t } from "./common.js";
import { followJob, jobProblem } from "./jobs.js";
import { mayGive } from "./person_form.js";

const form = document.getElementById("choose");
const made = document.getElementById("made");

const box = (name, id, text) => el("label", { class: "tick" }, el("input", { type: "checkbox", name, value: id }), ` ${text}`);
document.getElementById("tickets").append(...data.tickets.filter(mayGive).map((ticket) => box("ticket", ticket.id, ticket.name)));
document.getElementById("venues").append(...data.venues.map((id) => box("venue", id, placeName(id))));

/** What is chosen; nothing ticked means all. */
function chosen() {
  const query = new URLSearchParams({ order: form.order.value, layout: form.layout.value });
  for (const ticked of form.querySelectorAll("fieldset :checked")) query.append(ticked.name, ticked.value);
  if (form.organisation.value.trim()) query.append("organisation", form.organisation.value.trim());
  if (form.new.checked) query.append("new", 1);
  return query;
}

async function make(query) {
  const job = await followJob((await ask("POST", `/badges/jobs?${query}`, {})).id, made);
  if (job.state !== "done") {
    made.replaceChildren(el("p", { class: "problem", role: "alert" }, `▲ ${jobProblem(job)}`));
    return;
  }
  const { badges, pages, shortened, left_out: leftOut, unprintable, letters, staff } = job.result;
  const list = (key, refs) => (refs.length ? el("p", { class: "doubt" }, `▲ ${t(key, { n: refs.length, refs: listed(refs.slice(0, 20)) })}`) : "");
  made.replaceChildren(el("section", { class: "card", role: "status" },
    el("p", {}, `✓ ${t("badges.made", { n: badges })} · ${t("badges.pages", { n: pages })}`),
    list("badges.shortened", shortened), list("badges.left_out", leftOut), list("badges.staff", staff), list("badges.unprintable", unprintable.map((ref, n) => `${ref} ${letters[n]}`)),
    el("p", {}, el("a", { class: "button main", href: `/api/v1/jobs/${job.id}/files/${job.files[0]}`, download: true }, t("badges.download")))));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => make(chosen()));
});
/** How the first of the chosen badges looks, at twice its size; the code on it is none. */
document.getElementById("preview").addEventListener("click", () => attempt(async () => {
  const query = chosen();
  query.delete("new");
  made.replaceChildren();
  const response = await fetch(`/api/v1/badges/picture?${query}`);
  if (!response.ok) return void await ask("GET", `/badges/picture?${query}`); // says why there is none
  const missing = decodeURIComponent(response.headers.get("X-Jianmen-Missing-Letters") ?? "");
  const picture = el("img", { class: "badge", alt: t("badges.preview_of", { layout: form.layout.value }), src: `data:image/svg+xml,${encodeURIComponent(await response.text())}` });
  made.replaceChildren(el("figure", {}, picture,
    missing && el("p", { class: "doubt", role: "alert" }, `▲ ${t("badges.letters_missing", { letters: missing })}`),
    el("figcaption", { class: "quiet" }, t("badges.sample"))));
}));

const layouts = await attempt(() => ask("GET", "/badges/layouts"));
form.layout.append(...(layouts?.layouts ?? []).map((name) => el("option", { value: name }, name)));
