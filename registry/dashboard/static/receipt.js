// A receipt, read out over a radio: what the door said, why, and what would be said today.
import { ask, attempt, clock, count, data, el, has, listed, minute, note, place, say } from "./common.js";

const form = document.getElementById("find");

async function find(code) {
  const said = await attempt(() => ask("GET", `/receipts/${encodeURIComponent(code.trim())}`));
  if (!said) return;
  note(said.receipts.length ? "" : say("receipt.none"), !said.receipts.length);
  document.getElementById("receipts").replaceChildren(...said.receipts.map(card));
}

function card(one) {
  const gate = data.gates.find((known) => known.id === one.gate);
  const where = gate ? `${place(gate.venue)}${gate.area === gate.venue ? "" : ` · ${place(gate.area)}`} · ${gate.code} (${one.gate})` : one.gate;
  return el("article", { class: "card" },
    el("h2", {}, one.receipt),
    el("p", {}, `${minute(one.at)}:${clock(one.at).slice(6)}${one.at === one.latest ? "" : ` – ${clock(one.latest)}`} · ${where} · ${say(`direction.${one.direction}`)}`,
      one.voided ? el("strong", {}, ` · ✕ ${say("receipt.voided")}`) : ""),
    el("dl", { class: "facts" },
      ...fact("receipt.then", deed(one.then, one.why)),
      ...fact("receipt.again", one.again ? deed(one.again) : say("receipt.unknown")),
      ...fact("receipt.today", one.today ? deed(one.today) : say("receipt.unknown")),
      ...fact("badge", one.code ? el("a", { href: `/people#${one.code}` }, one.code) : one.badge ?? "–", one.issue ? ` · ${say("issue", { n: one.issue })}` : ""),
      ...fact("receipt.proof", say(`proof.${one.proof ?? "none"}`)),
      ...fact("method", say(`method.${one.method}`)),
      ...fact("receipt.where", one.place ? place(one.place) : say("outside")),
      ...(one.seats === null ? [] : fact("receipt.seats", count(one.seats)))),
    one.steps.length ? el("details", {}, el("summary", {}, say("receipt.steps")), el("ol", { class: "steps" }, ...one.steps.map(step))) : "");
}

/** A rule that was asked, and why it spoke or did not. */
const step = (one) => el("li", { class: one.spoke ? "spoke" : "quiet" },
  say(one.spoke ? "step.spoke" : "step.passed",
    { rule: one.rule ?? "–", name: say(has(`reason.${one.name}`) ? `reason.${one.name}` : `rule.${one.name}`), why: phrase(one.phrase) }));

const SHOWN = {
  venue: place, area: place, place,
  ticket: (id) => data.tickets.find((known) => known.id === id)?.name ?? id,
  session: (id) => data.sessions[id] ?? id,
  policy: (verdict) => say(`verdict.${verdict}`),
  verdict: (verdict) => say(`verdict.${verdict}`),
  reentry: (policy) => say(`step.reentry.${policy}`),
};

/** A phrase of the rule book in the reader's language, with names instead of ids. */
function phrase({ key, values }) {
  const shown = Object.entries(values).map(([name, value]) => {
    if (Array.isArray(value)) return [name, listed(value.map((one) => (name === "days" ? one : place(one))))];
    return [name, value.key ? phrase(value) : (SHOWN[name]?.(value) ?? value)];
  });
  return say(`step.${key}`, Object.fromEntries(shown));
}

/** Why staff let somebody in: they choose from a list, whose texts are here too. */
function reasonOfStaff(why) {
  const key = `why.${why.replaceAll("'", "").replaceAll(" ", "_")}`;
  return has(key) ? say(key) : why;
}

const fact = (key, ...values) => [el("div", {}, el("dt", {}, say(key)), el("dd", {}, ...values))];

function deed(said, why = "") {
  const opens = said.verdict === "admit" || said.verdict === "admit_flagged";
  const reason = has(`reason.${said.reason}`) ? say(`reason.${said.reason}`) : said.reason;
  const parts = [reason, said.session && (data.sessions[said.session] ?? said.session), said.rule && say("rule_number", { n: said.rule }), reasonOfStaff(why)];
  return el("span", {}, el("strong", {}, `${opens ? "✓" : said.verdict === "refuse" ? "✕" : "?"} ${say(`verdict.${said.verdict}`)}`),
    ` · ${parts.filter(Boolean).join(" · ")}`);
}

form.addEventListener("submit", (event) => { event.preventDefault(); find(form.code.value); });
if (location.hash) {
  form.code.value = decodeURIComponent(location.hash.slice(1));
  find(form.code.value);
}
