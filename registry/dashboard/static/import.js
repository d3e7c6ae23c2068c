// A list of people: looked at first, its columns put right where need be, then exactly that taken in.
import { ask, data, el, has, listed, placeName, t, table } from "./common.js";
import { followJob, jobProblem } from "./jobs.js";

const FIELDS = ["ref", "name", "family_name", "given_name", "latin_name", "organisation", "language", "ticket", "venues", "days",
  "sessions", "code", "form", "phone", "mail", "seat", "note", "attention"];
const SHOWN = 50;

const form = document.getElementById("import");
const shown = document.getElementById("imported");
let file = null;
/** What each column is taken for, by its title; empty: as the registry finds. */
let uses = new Map();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  file = form.people.files[0];
  uses = new Map();
  look();
});

/** Send the list; gives the report, or null where there is none, which is then said. */
async function send(options) {
  const query = new URLSearchParams({ file: file.name, language: data.language, update: 1, ...options });
  for (const [title, use] of uses) {
    if (use === "left_out") query.append("leave_out", title);
    else if (use !== "tick") query.append("map", `${use === "extra" ? title : use}=${title}`);
  }
  try {
    const job = await followJob((await ask("POST", `/imports?${query}`, file)).id, shown);
    if (job.state === "done") return job.result;
    shown.replaceChildren(problem(jobProblem(job)));
  } catch (error) {
    shown.replaceChildren(problem(error.message));
  }
  return null;
}

async function look() {
  const report = await send({ check: 1 });
  if (report) shown.replaceChildren(...preview(report));
}

async function apply(report, revoke) {
  const done = await send({ expect: report.mark, revoke_missing: revoke ? 1 : 0 });
  if (!done) return;
  if (!done.applied) {
    shown.replaceChildren(...preview(done));
    return;
  }
  shown.replaceChildren(el("p", { class: "good" }, `✓ ${t("import.done", done)}`), causes("import.warnings", done.warnings));
  form.reset();
}

const problem = (text) => el("p", { class: "problem" }, `▲ ${text}`);

function preview(report) {
  const revoke = el("input", { type: "checkbox" });
  const go = el("button", { type: "button", class: "main", click: () => apply(report, revoke.checked) }, t("import.go"));
  const missing = report.missing > 0 && el("section", {},
    el("h3", {}, t("import.missing", { n: report.missing })),
    people(report.missing_people, report.missing),
    report.mistakes.length === 0 && el("p", {}, el("label", {}, revoke, " ", t("import.revoke_missing"))));
  return [
    report.people > 0 && el("p", {}, el("strong", {}, t("import.found", { ...report, n: report.people })), report.remembered ? ` ${t("import.remembered")}` : ""),
    report.mistakes.length > 0 && problem(t("import.wrong")),
    causes("", report.mistakes),
    causes("import.warnings", report.warnings),
    columns(report.columns),
    report.changes.length > 0 && el("section", {}, el("h3", {}, t("import.changed", { n: report.updated })), changes(report)),
    missing,
    report.at_desk > 0 && el("section", {}, el("h3", {}, t("import.at_desk", { n: report.at_desk })), people(report.by_hand, report.at_desk)),
    report.mistakes.length === 0 && el("p", {}, go),
  ].filter(Boolean);
}

function causes(title, list) {
  if (!list.length) return "";
  return el("section", {}, title && el("h3", {}, t(title)),
    el("ul", {}, ...list.slice(0, SHOWN).map((one) => el("li", {}, one.text))), more(list.length));
}

const more = (count) => (count > SHOWN ? el("p", { class: "quiet" }, t("import.more", { n: count - SHOWN })) : "");

function people(list, count) {
  return el("div", {}, el("ul", {}, ...list.slice(0, SHOWN).map((one) => el("li", {}, `${one.ref} ${one.name}`))), more(count));
}

function changes(report) {
  const rows = report.changes.slice(0, SHOWN).flatMap((person) => person.changes.map((change, n) =>
    [n ? "" : `${person.ref} ${person.name}`, label(change.field), value(change, change.before), value(change, change.after)]));
  const heads = ["name", "import.field", "import.before", "import.after"].map((key) => t(key));
  return el("div", {}, table(heads, rows), more(report.updated));
}

const label = (name) => (has(`import.field.${name}`) ? t(`import.field.${name}`) : name);
const NAMED = {
  venues: placeName,
  ticket: (id) => data.tickets.find((known) => known.id === id)?.name ?? id,
  sessions: (id) => data.sessions[id] ?? id,
  language: (tag) => data.languages[tag] ?? tag,
};

/** A field's value, with the names of the event's parts. */
function value({ field }, text) {
  if (text === "*") return t("import.all");
  return NAMED[field] ? listed(text.split("; ").map(NAMED[field])) || "–" : text || "–";
}

/** What each column is taken for; changing one looks at the list again. */
function columns(list) {
  if (!list.length) return "";
  const rows = list.map(({ title, use }) => {
    const now = use.startsWith("extra:") ? (FIELDS.includes(use.slice(6)) ? use.slice(6) : "extra") : use;
    const choices = [...FIELDS, "extra", "left_out", ...(now === "tick" ? ["tick"] : [])];
    const choice = el("select", { "aria-label": title, change: (event) => choose(list, title, event.target.value) },
      ...choices.map((name) => el("option", { value: name, selected: name === now }, label(name))));
    return [title, choice];
  });
  return el("details", { open: list.some((one) => one.use.startsWith("extra:")) }, el("summary", {}, t("import.columns")),
    table([t("import.column"), t("import.use")], rows));
}

function choose(list, title, use) {
  for (const one of list) {
    const name = one.use.startsWith("extra:") ? one.use.slice(6) : one.use;
    uses.set(one.title, FIELDS.includes(name) || ["left_out", "tick"].includes(name) ? name : "extra");
  }
  uses.set(title, use);
  look();
}
