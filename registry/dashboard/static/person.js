// One person in a window of their own: what was printed, where they were let in, and a form to change them.
import { ask, attempt, el, minute, place, data, say } from "./common.js";
import { personFields, personIn } from "./person_form.js";

const path = (person) => `/registrants/${encodeURIComponent(person.code)}`;

function opened(title, ...content) {
  const dialog = el("dialog", { class: "sheet", close: () => dialog.remove() },
    el("h2", {}, title), ...content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const closing = () => el("button", { type: "button", click: (event) => event.target.closest("dialog").close() }, say("close_sheet"));

/** Where a person was let in and what was printed, the newest first. */
export async function showHistory(person) {
  const history = await attempt(() => ask("GET", `${path(person)}/history`));
  if (!history) return;
  const gate = (id) => data.gates.find((one) => one.id === id);
  opened(person.name,
    el("p", { class: "quiet" }, [person.organisation, person.ref, person.code].filter(Boolean).join(" · ")),
    ...Object.entries(person.extra).map(([name, value]) => el("p", {}, el("span", { class: "quiet" }, `${name}: `), value)),
    el("h3", {}, say("history.printed")),
    el("ul", { class: "plain" }, ...history.issues.map((issue) => el("li", {}, say("issue", { n: issue.issue }), el("span", {}, minute(issue.at))))),
    el("h3", {}, say("history.doors")),
    history.presented.length ? el("ul", { class: "plain" }, ...history.presented.map((one) =>
      el("li", {},
        el("span", {}, `${minute(one.at)} · ${gate(one.gate) ? `${place(gate(one.gate).area)} ${gate(one.gate).code}` : one.gate} · ${say(`direction.${one.direction}`)} · `,
          el("strong", { class: one.verdict === "refuse" ? "problem" : "" }, say(`verdict.${one.verdict}`)),
          one.reason === "ok" ? "" : ` · ${say(`reason.${one.reason}`)}`),
        one.receipt ? el("a", { href: `/receipt#${one.receipt}` }, one.receipt) : "")))
      : el("p", { class: "quiet" }, say("history.none")),
    ...(history.prints.length ? [el("h3", {}, say("history.kiosk_prints")), el("ul", { class: "plain" }, ...history.prints.map((one) =>
      el("li", {},
        el("span", {}, `${minute(one.at)} · ${gate(one.gate) ? `${place(gate(one.gate).area)} ${gate(one.gate).code}` : one.gate} · ${say("issue", { n: one.issue })} · `,
          el("strong", { class: one.outcome === "printed" ? "" : "problem" }, say(`print_outcome.${one.outcome}`)),
          one.by_staff ? ` · ${say("history.by_staff")}${one.why ? `: ${say(`print_why.${one.why}`)}` : ""}` : "")))) ] : []),
    el("menu", {}, closing()));
}

/** A form to change a person; `done` is called with the person as they are then. */
export function changePerson(person, done) {
  const problem = el("p", { class: "problem", role: "alert" });
  const form = el("form", { class: "person", submit: async (event) => {
    event.preventDefault();
    try {
      const changed = await ask("POST", path(person), personIn(form));
      dialog.close();
      done(changed);
    } catch (error) {
      problem.textContent = `▲ ${[error.message, ...(error.mistakes ?? []).slice(0, 5)].join(" ")}`;
    }
  } }, ...personFields(person), problem, el("menu", {}, closing(), el("button", { class: "main" }, say("save"))));
  const dialog = opened(say("edit_of", { name: person.name }), form);
}
