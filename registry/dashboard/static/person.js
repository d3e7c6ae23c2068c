// One person in a window of their own: what was printed, where they were let in, and a form to change them.
import { ask, attempt, data, el, has, listed, minute, placeName, t, titled } from "./common.js";
import { personFields, personIn } from "./person_form.js";

const path = (person) => `/registrants/${encodeURIComponent(person.code)}`;

function opened(title, ...content) {
  const dialog = el("dialog", { class: "sheet", close: () => dialog.remove() },
    el("h2", {}, title), ...content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const closing = () => el("button", { type: "button", click: (event) => event.target.closest("dialog").close() }, t("close_sheet"));

/** Where a person was let in and what was printed, the newest first. */
export async function showHistory(person) {
  const history = await attempt(() => ask("GET", `${path(person)}/history`));
  if (!history) return;
  const gate = (id) => data.gates.find((one) => one.id === id);
  opened(person.name,
    el("p", { class: "quiet" }, [person.organisation, person.ref, person.code].filter(Boolean).join(" · ")),
    ...Object.entries(person.extra).map(([name, value]) => el("p", {}, el("span", { class: "quiet" }, titled(has(`import.field.${name}`) ? t(`import.field.${name}`) : name)), value)),
    el("h3", {}, t("history.printed")),
    el("ul", { class: "plain" }, ...history.issues.map((issue) => el("li", {}, t("issue", { n: issue.issue }), el("span", {}, minute(issue.at))))),
    el("h3", {}, t("history.doors")),
    history.presented.length ? el("ul", { class: "plain" }, ...history.presented.map((one) =>
      el("li", {},
        el("span", {}, `${minute(one.at)} · ${gate(one.gate) ? `${placeName(gate(one.gate).area)} ${gate(one.gate).code}` : one.gate} · ${t(`direction.${one.direction}`)} · `,
          el("strong", { class: one.verdict === "refuse" ? "problem" : "" }, t(`verdict.${one.verdict}`)),
          one.reason === "ok" ? "" : ` · ${t(`reason.${one.reason}`)}`),
        one.receipt ? el("a", { href: `/receipt#${one.receipt}` }, one.receipt) : "")))
      : el("p", { class: "quiet" }, t("history.none")),
    ...(history.prints.length ? [el("h3", {}, t("history.kiosk_prints")), el("ul", { class: "plain" }, ...history.prints.map((one) =>
      el("li", {},
        el("span", {}, `${minute(one.at)} · ${gate(one.gate) ? `${placeName(gate(one.gate).area)} ${gate(one.gate).code}` : one.gate} · ${t("issue", { n: one.issue })} · `,
          el("strong", { class: one.outcome === "printed" ? "" : "problem" }, t(`print_outcome.${one.outcome}`)),
          one.by_staff ? ` · ${t("history.by_staff")}${one.why ? `: ${t(`print_why.${one.why}`)}` : ""}` : "",
          one.respelled ? ` · ${t("history.respelled")}` : "")))) ] : []),
    el("menu", {}, closing()));
}

/** A person as they are now; null where they were erased. Whoever was let in again has another badge since. */
export async function asNow(person) {
  try {
    return await ask("GET", path(person));
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  const answer = await ask("GET", `/registrants?limit=1&q=${encodeURIComponent(person.ref)}`);
  return answer.registrants.find((one) => one.ref === person.ref) ?? null;
}

/** What has become of a person whose badge is not there any more; `fresh` as of `asNow`. */
export const goneText = (person, fresh) => (fresh ? t("meanwhile.new_badge", { name: fresh.name, code: fresh.code })
  : t("meanwhile.erased", { name: person.name }));

/** A form to change a person; `done` is called with the person as they are then. Only what was changed here is sent, and
 * where somebody else changed the person meanwhile, their values come into the form before it is saved. */
export function changePerson(person, done) {
  const problem = el("p", { class: "problem", role: "alert" });
  const fields = el("div", { class: "person" }, ...personFields(person));
  const form = el("form", { class: "person", submit: (event) => { event.preventDefault(); save(); } },
    fields, problem, el("menu", {}, closing(), el("button", { class: "main" }, t("save"))));
  let before = personIn(form);
  async function save() {
    const now = personIn(form);
    const edits = Object.fromEntries(Object.entries(now).filter(([name, value]) => !same(value, before[name])));
    try {
      const changed = await ask("POST", path(person), { ...edits, version: person.version });
      dialog.close();
      done(changed, person);
    } catch (error) {
      problem.textContent = `▲ ${[error.message, ...(error.mistakes ?? []).slice(0, 5)].join(" ")}`;
      if (error.status === 404 || error.changed?.length) await rebase(edits, error.changed);
    }
  }
  /** Their values into the form; what was changed here stays. */
  async function rebase(edits, meanwhile) {
    const fresh = await asNow(person);
    if (fresh === null || fresh.code !== person.code) problem.textContent = `▲ ${goneText(person, fresh)}`;
    if (fresh === null) return;
    const moved = fresh.code !== person.code;
    person = fresh;
    fields.replaceChildren(...personFields(person));
    before = personIn(form);
    fields.replaceChildren(...personFields({ ...person, ...edits }));
    if (moved) return;
    problem.textContent = `▲ ${t("edit.meanwhile")} ${meanwhile.map((name) => {
      if (name === "revoked") return t(person.issues.at(-1)?.revoked ? "edit.revoked" : "edit.restored");
      const theirs = `${titled(has(`import.field.${name}`) ? t(`import.field.${name}`) : name)}${shownValue(before[name])}`;
      return name in edits ? `${theirs} → ${shownValue(edits[name])}` : theirs;
    }).join(data.language === "en" ? "; " : "；")}`;
  }
  const dialog = opened(t("edit_of", { name: person.name }), form);
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const shownValue = (value) => (Array.isArray(value) ? listed(value.map((id) => data.sessions[id] ?? placeName(id)))
  : typeof value === "object" ? listed(Object.values(value)) : value) || "–";
