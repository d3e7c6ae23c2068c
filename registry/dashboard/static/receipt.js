// A receipt, read out over a radio: what the door said, why, and what would be said today.
import { ask, attempt, clock, count, data, el, has, listed, minute, note, placeName, t } from "./common.js";

const form = document.getElementById("find");

async function find(code) {
  const answer = await attempt(() => ask("GET", `/receipts/${encodeURIComponent(code.trim())}`));
  if (!answer) return;
  note(answer.receipts.length ? "" : t("receipt.none"), !answer.receipts.length);
  document.getElementById("receipts").replaceChildren(...answer.receipts.map(card));
}

function card(one) {
  const gate = data.gates.find((known) => known.id === one.gate);
  const where = gate ? `${placeName(gate.venue)}${gate.area === gate.venue ? "" : ` · ${placeName(gate.area)}`} · ${gate.code} (${one.gate})` : one.gate;
  return el("article", { class: "card" },
    el("h2", {}, one.receipt),
    el("p", {}, `${minute(one.at)}:${clock(one.at).slice(6)}${one.at === one.latest ? "" : ` – ${clock(one.latest)}`} · ${where} · ${t(`direction.${one.direction}`)}`,
      one.voided ? el("strong", {}, ` · ✕ ${t("receipt.voided")}`) : ""),
    el("dl", { class: "facts" },
      ...fact("receipt.then", decision(one.then, one.why)),
      ...fact("receipt.again", one.again ? decision(one.again) : t("receipt.unknown")),
      ...fact("receipt.today", one.today ? decision(one.today) : t("receipt.unknown")),
      ...fact("badge", one.code ? el("a", { href: `/people#${one.code}` }, one.code) : one.badge ?? "–", one.issue ? ` · ${t("issue", { n: one.issue })}` : ""),
      ...fact("receipt.proof", t(`proof.${one.proof ?? "none"}`)),
      ...fact("method", t(`method.${one.method}`)),
      ...fact("receipt.where", one.place ? placeName(one.place) : t("outside")),
      ...(one.seats === null ? [] : fact("receipt.seats", count(one.seats)))),
    one.steps.length ? el("details", {}, el("summary", {}, t("receipt.steps")), el("ol", { class: "steps" }, ...one.steps.map(step))) : "");
}

/** A rule that was asked, and why it spoke or did not. */
const step = (one) => el("li", { class: one.spoke ? "spoke" : "quiet" },
  t(one.spoke ? "step.spoke" : "step.passed",
    { rule: one.rule ?? "–", name: t(has(`reason.${one.name}`) ? `reason.${one.name}` : `rule.${one.name}`), why: phrase(one.phrase) }));

const SHOWN = {
  venue: placeName, area: placeName, place: placeName,
  ticket: (id) => data.tickets.find((known) => known.id === id)?.name ?? id,
  session: (id) => data.sessions[id] ?? id,
  policy: (verdict) => t(`verdict.${verdict}`),
  verdict: (verdict) => t(`verdict.${verdict}`),
  reentry: (policy) => t(`step.reentry.${policy}`),
};

/** A phrase of the rule book in the reader's language, with names instead of ids. */
function phrase({ key, values }) {
  const shown = Object.entries(values).map(([name, value]) => {
    if (Array.isArray(value)) return [name, listed(value.map((one) => (name === "days" ? one : placeName(one))))];
    return [name, value.key ? phrase(value) : (SHOWN[name]?.(value) ?? value)];
  });
  return t(`step.${key}`, Object.fromEntries(shown));
}

/** Why staff let somebody in: they choose from a list, whose texts are here too. */
function reasonOfStaff(why) {
  const key = `why.${why.replaceAll("'", "").replaceAll(" ", "_")}`;
  return has(key) ? t(key) : why;
}

const fact = (key, ...values) => [el("div", {}, el("dt", {}, t(key)), el("dd", {}, ...values))];

function decision(answer, why = "") {
  const opens = answer.verdict === "admit" || answer.verdict === "admit_flagged";
  const reason = has(`reason.${answer.reason}`) ? t(`reason.${answer.reason}`) : answer.reason;
  const parts = [reason, answer.session && (data.sessions[answer.session] ?? answer.session), answer.rule && t("rule_number", { n: answer.rule }), reasonOfStaff(why)];
  return el("span", {}, el("strong", {}, `${opens ? "✓" : answer.verdict === "refuse" ? "✕" : "?"} ${t(`verdict.${answer.verdict}`)}`),
    ` · ${parts.filter(Boolean).join(" · ")}`);
}

form.addEventListener("submit", (event) => { event.preventDefault(); find(form.code.value); });
if (location.hash) {
  form.code.value = decodeURIComponent(location.hash.slice(1));
  find(form.code.value);
}
