// A receipt, read out over a radio: what the door said, why, and what would be said today.
import { ask, attempt, clock, count, data, el, has, minute, note, place, say } from "./common.js";

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

/** A rule that was asked, in the reader's language; why it spoke or did not is written by the rule book, in English. */
const step = (one) => el("li", { class: one.spoke ? "spoke" : "quiet" },
  `${one.spoke ? "▶" : "·"} ${one.rule ?? "–"} ${has(`reason.${one.name}`) ? say(`reason.${one.name}`) : one.name.replaceAll("_", " ")}`,
  data.language === "en" ? `: ${one.why}` : "");

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
