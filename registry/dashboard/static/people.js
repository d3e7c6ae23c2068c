// People: found by name in any script, registered, changed; badges printed, revoked and replaced.
import { ask, attempt, confirmed, data, el, listed, minute, note, placeName, t, table } from "./common.js";
import { asNow, changePerson, goneText, showHistory } from "./person.js";
import { personFields, personIn } from "./person_form.js";

const form = document.getElementById("search");
const more = document.getElementById("more");
let shown = [];
let query = "";
let next = null;

async function search(text, cursor = null) {
  query = text;
  note(t("searching"));
  const answer = await attempt(() => ask("GET", `/registrants?limit=50&q=${encodeURIComponent(text)}${cursor ? `&cursor=${cursor}` : ""}`));
  if (!answer) return;
  shown = cursor ? [...shown, ...answer.registrants] : answer.registrants;
  note(t(answer.total === 0 ? "found.none" : answer.near ? "found_near" : "found", { n: answer.total }));
  next = answer.next;
  more.hidden = next === null;
  render();
}

function render() {
  const columns = ["name", "ticket", "valid", "badge", "place"].map((key) => t(key)).concat("");
  document.getElementById("people").replaceChildren(shown.length ? table(columns, shown.map(row)) : "");
}

function row(person) {
  return Object.assign([
    el("span", {}, el("button", { class: "quiet name", lang: person.language, click: () => showHistory(person) }, person.name || "–"), el("br"), el("span", { class: "quiet" }, `${person.organisation} ${person.ref}`)),
    el("span", { class: "when" }, person.ticket_name[data.language] ?? person.ticket_name.en),
    el("span", { class: "quiet" }, valid(person)),
    el("span", {}, el("code", {}, person.code), " ", ...person.issues.map((issue) =>
      el("span", { class: issue.revoked || person.revoked ? "problem" : "quiet" },
        `${t("issue", { n: issue.issue })}${issue.revoked || person.revoked ? ` ✕ ${t("revoked")}` : issue.superseded ? ` · ${t("reason.superseded")}` : ""} `))),
    person.place ? el("span", { class: "when" }, placeName(person.place)) : el("span", { class: "quiet when" }, person.last ? minute(person.last) : t("not_here")),
    actions(person),
  ], { className: person.revoked ? "gone" : "" });
}

/** Print first; what takes something away stands apart, and erasing last. */
function actions(person) {
  if (person.roles.length && !data.admin) return el("span", { class: "quiet" }, t("staff.by_admin"));
  const dead = person.revoked || person.issues.at(-1)?.revoked;
  return el("span", { class: "actions" },
    dead ? el("button", { class: "main", click: () => unrevoke(person) }, t("unrevoke")) : printLink(person),
    el("button", { click: () => changePerson(person, changed) }, t("edit")),
    el("details", { class: "menu" }, el("summary", { class: "button", "aria-label": t("more_for", { name: person.name }) }, "…"),
      el("span", { class: "actions" },
        dead ? "" : el("button", { click: () => reissue(person) }, t("reissue")),
        dead ? "" : el("button", { click: () => revoke(person) }, t("revoke")),
        data.admin && person.roles.length ? el("button", { click: () => pin(person) }, t("pin")) : "",
        data.admin && el("button", { class: "danger apart", click: () => erase(person) }, t("erase")))));
}

const printLink = (person) => el("a", { class: "button main", href: `/api/v1/badges?ref=${encodeURIComponent(person.ref)}`, target: "_blank", click: () => attempt(() => ask("POST", `/badges/printed?ref=${encodeURIComponent(person.ref)}`)) }, t("print"));

function changed(person, before) {
  shown = shown.map((one) => (one.ref === before.ref ? person : one));
  render();
  note(`✓ ${t("edited", { name: person.name })}`);
}

function valid(person) {
  const everywhere = person.venues.length === data.venues.length;
  const always = person.days.length === data.days.length;
  return [
    everywhere ? t("valid.everywhere") : listed(person.venues.map(placeName)),
    always ? t("valid.always") : listed(person.days),
    listed(person.sessions.map((id) => data.sessions[id] ?? id)),
  ].filter(Boolean).join(" · ");
}

/** Show a person as they are now; gives them, or null where they were erased. */
async function again(person) {
  const fresh = await asNow(person);
  shown = fresh ? shown.map((one) => (one.code === person.code ? fresh : one)) : shown.filter((one) => one.code !== person.code);
  render();
  return fresh;
}

/** Do something to a person. Where somebody else did something meanwhile, that is shown and said, and nothing is done. */
async function act(person, path, body) {
  try {
    return await ask("POST", `/registrants/${encodeURIComponent(person.code)}/${path}`, body);
  } catch (error) {
    const gone = error.status === 404;
    if (!gone && !error.changed?.length) throw error;
    const fresh = await again(person);
    throw gone ? new Error(goneText(person, fresh)) : error;
  }
}

const newest = (person) => person.issues.at(-1)?.issue ?? null;

async function revoke(person) {
  const why = await confirmed(t("revoke.sure"), "");
  if (why) await attempt(async () => { await act(person, "revoke", { why, newest: newest(person) }); await again(person); });
}

async function reissue(person) {
  if (!(await confirmed(t("reissue.sure")))) return;
  await attempt(async () => {
    const badge = await act(person, "reissue", { newest: newest(person) });
    await again(person);
    toPrint(person, badge);
  });
}

async function unrevoke(person) {
  if (!(await confirmed(t("unrevoke.sure")))) return;
  await attempt(async () => {
    const badge = await act(person, "unrevoke", {});
    const fresh = await again(person);
    toPrint(fresh, badge);
    if (fresh.roles.length && badge.code !== person.code) document.getElementById("note").append(` ${t("unrevoke.key_card")}`);
  });
}

/** The new badge is to be printed; what its QR code says stands on no screen, for a photograph of that is a badge. */
function toPrint(person, badge) {
  note(`✓ ${t("reissued", { code: badge.code, issue: badge.issue })} `);
  document.getElementById("note").append(printLink(person));
}

async function pin(person) {
  const digits = await confirmed(t("pin.ask"), "", "password");
  if (digits) await attempt(async () => {
    showKeyCard(await act(person, "pin", { pin: digits }));
  });
}

// The answer is the card's only copy: it stands until the next search.
function showKeyCard(card) {
  note(`✓ ${t("pin.made", { ref: card.ref })}`);
  document.getElementById("people").prepend(el("section", { class: "key-card" },
    el("p", { class: "problem" }, t("pin.once")),
    el("img", { alt: "QR", class: "qr", src: `data:image/svg+xml,${encodeURIComponent(card.qr)}` }),
    el("p", {}, el("code", {}, card.typed))));
}

async function erase(person) {
  if (!(await confirmed(t("erase.sure")))) return;
  if (!(await confirmed(t("erase.again", { name: person.name })))) return;
  await attempt(async () => {
    await act(person, "erase", {});
    shown = shown.filter((one) => one.code !== person.code);
    render();
    note(`✓ ${t("erase.done", { code: person.code })}`);
  });
}

const register = document.getElementById("register");
const fields = document.getElementById("register-fields");
fields.replaceChildren(...personFields(null));
register.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const ref = register.ref.value.trim();
    const badge = await ask("POST", "/registrants", { ...personIn(register), ref: ref || null });
    register.reset();
    fields.replaceChildren(...personFields(null));
    form.q.value = badge.code;
    await search(badge.code);
    toPrint(shown[0], badge);
    scrollTo({ top: 0 });
  });
});

form.addEventListener("submit", (event) => { event.preventDefault(); search(form.q.value); });
more.addEventListener("click", () => search(query, next));
// The form stands below what was found, which may be long.
document.querySelector('a[href="#register"]').addEventListener("click", (event) => {
  event.preventDefault();
  register.scrollIntoView();
  register.elements.name.focus();
});
if (location.hash) {
  form.q.value = decodeURIComponent(location.hash.slice(1));
  search(form.q.value);
}
