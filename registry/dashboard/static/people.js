// People: found by name in any script; badges revoked and printed anew; CSV brought in.
import { ask, attempt, confirmed, data, el, minute, note, place, say, table } from "./common.js";

const form = document.getElementById("search");
const more = document.getElementById("more");
let shown = [];
let query = "";
let next = null;

async function search(text, cursor = null) {
  query = text;
  const said = await attempt(() => ask("GET", `/registrants?limit=50&q=${encodeURIComponent(text)}${cursor ? `&cursor=${cursor}` : ""}`));
  if (!said) return;
  shown = cursor ? [...shown, ...said.registrants] : said.registrants;
  note(say(said.near ? "found_near" : "found", { n: said.total }));
  next = said.next;
  more.hidden = next === null;
  render();
}

function render() {
  const columns = ["name", "ticket", "valid", "badge", "place"].map((key) => say(key)).concat("");
  document.getElementById("people").replaceChildren(shown.length ? table(columns, shown.map(row)) : "");
}

function row(person) {
  return Object.assign([
    el("span", {}, el("strong", { lang: person.language }, person.name || "–"), el("br"), el("span", { class: "quiet" }, `${person.organisation} ${person.ref}`)),
    person.ticket_name[data.language] ?? person.ticket_name.en,
    el("span", { class: "quiet" }, valid(person)),
    el("span", {}, el("code", {}, person.code), " ", ...person.issues.map((issue) =>
      el("span", { class: issue.revoked || person.revoked ? "problem" : "quiet" },
        `${say("issue", { n: issue.issue })}${issue.revoked || person.revoked ? ` ✕ ${say("revoked")}` : issue.superseded ? ` (${say("reason.superseded")})` : ""} `))),
    person.place ? place(person.place) : el("span", { class: "quiet" }, person.last ? minute(person.last) : say("not_here")),
    el("span", { class: "deeds" },
      el("button", { click: () => revoke(person) }, say("revoke")),
      el("button", { click: () => reissue(person) }, say("reissue")),
      el("a", { class: "button", href: `/api/v1/badges?ref=${encodeURIComponent(person.ref)}`, target: "_blank" }, say("print")),
      data.admin && person.roles.length ? el("button", { click: () => pin(person) }, say("pin")) : "",
      data.admin && el("button", { click: () => erase(person) }, say("erase"))),
  ], { className: person.revoked ? "gone" : "" });
}

function valid(person) {
  const everywhere = person.venues.length === new Set(data.gates.map((gate) => gate.venue)).size;
  const always = person.days.length === data.days.length;
  return [
    everywhere ? say("valid.everywhere") : person.venues.map(place).join(", "),
    always ? say("valid.always") : person.days.join(", "),
    person.sessions.map((id) => data.sessions[id] ?? id).join(", "),
  ].filter(Boolean).join(" · ");
}

async function again(person) {
  const fresh = await ask("GET", `/registrants/${encodeURIComponent(person.code)}`);
  shown = shown.map((one) => (one.code === person.code ? fresh : one));
  render();
}

async function revoke(person) {
  const why = await confirmed(say("revoke.sure"), "");
  if (why) await attempt(async () => { await ask("POST", `/registrants/${encodeURIComponent(person.code)}/revoke`, { why }); await again(person); });
}

async function reissue(person) {
  if (!(await confirmed(say("reissue.sure")))) return;
  await attempt(async () => {
    const badge = await ask("POST", `/registrants/${encodeURIComponent(person.code)}/reissue`, {});
    await again(person);
    note(`${say("reissued", { code: badge.code, issue: badge.issue })} ${badge.text}`);
  });
}

async function pin(person) {
  const digits = await confirmed(say("pin.ask"), "", "password");
  if (digits) await attempt(async () => {
    showKeyCard(await ask("POST", `/registrants/${encodeURIComponent(person.code)}/pin`, { pin: digits }));
  });
}

// The answer is the card's only copy: it stands until the next search.
function showKeyCard(card) {
  note(`✓ ${say("pin.made", { ref: card.ref })}`);
  document.getElementById("people").prepend(el("section", { class: "key-card" },
    el("p", { class: "problem" }, say("pin.once")),
    el("img", { alt: "QR", class: "qr", src: `data:image/svg+xml,${encodeURIComponent(card.qr)}` }),
    el("p", {}, el("code", {}, card.typed))));
}

async function erase(person) {
  if (!(await confirmed(say("erase.sure")))) return;
  await attempt(async () => {
    await ask("POST", `/registrants/${encodeURIComponent(person.code)}/erase`, {});
    shown = shown.filter((one) => one.code !== person.code);
    render();
    note(`✓ ${say("erase.done", { code: person.code })}`);
  });
}

const register = document.getElementById("register");
register.ticket.append(...data.tickets.map((ticket) => el("option", { value: ticket.id }, ticket.name)));
register.addEventListener("submit", (event) => {
  event.preventDefault();
  const values = Object.fromEntries(["ref", "name", "organisation", "language", "ticket"].map((key) => [key, register[key].value.trim()]));
  attempt(async () => {
    const badge = await ask("POST", "/registrants", values);
    register.reset();
    form.q.value = badge.code;
    await search(badge.code);
    note(`✓ ${say("registered", { code: badge.code })}`);
  });
});

form.addEventListener("submit", (event) => { event.preventDefault(); search(form.q.value); });
more.addEventListener("click", () => search(query, next));
if (location.hash) {
  form.q.value = decodeURIComponent(location.hash.slice(1));
  search(form.q.value);
}
