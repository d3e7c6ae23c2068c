// The partition report: each line with its proposed reading, and an admin's answer.
import { ask, attempt, clock, confirmed, data, el, minute, place, say, titled } from "./common.js";

const EVERY_MS = 10_000;

async function refresh() {
  await attempt(async () => render(await ask("GET", "/conflicts")));
  setTimeout(refresh, EVERY_MS);
}

function render(said) {
  const hidden = said.total - said.conflicts.length;
  document.getElementById("conflicts").replaceChildren(
    ...(hidden ? [el("p", { class: "quiet" }, say("conflicts.more", { n: said.total, shown: said.conflicts.length }))] : []),
    ...(said.conflicts.length ? said.conflicts.map(card) : [el("p", { class: "quiet" }, `● ${say("conflicts.none")}`)]));
}

function card(line) {
  const gates = line.gates.length ? line.gates : [line.gate ?? "–"];
  return el("article", { class: line.ruling === null ? "card conflict" : "card conflict done" },
    el("h2", {}, `${line.ruling === null ? "◆" : "●"} ${say(`conflict.${line.kind}`)}${line.reason ? `: ${say(`reason.${line.reason}`)}` : ""}`),
    el("p", {}, `${minute(line.at)}:${clock(line.at).slice(6)}${line.at === line.latest ? "" : ` – ${clock(line.latest)}`}`,
      line.overlap ? ` (${say("order_unsure")})` : "", " · ", gates.map(gateName).join(" → ")),
    el("p", { class: "quiet" }, ...badge(line), line.receipt ? el("a", { href: `/receipt#${line.receipt}` }, `${say("receipt")} ${line.receipt}`) : ""),
    el("p", {}, titled(say("reading")), el("strong", {}, say(`reading.${line.reading}`))),
    line.ruling !== null ? el("p", { class: "good" }, `✓ ${say("ruled", { answer: ruling(line.ruling) })}`)
      : data.admin ? el("p", { class: "deeds" },
        el("button", { class: "main", click: () => answer(line, line.reading) }, say("rule.agree")),
        el("button", { click: () => other(line) }, say("rule.other"))) : "");
}

/** An answer that agrees is kept as the reading's own name; any other is a person's words. */
const ruling = (text) => (/^[a-z_]+$/.test(text) && say(`reading.${text}`) !== `reading.${text}` ? say(`reading.${text}`) : text);

function gateName(id) {
  const gate = data.gates.find((one) => one.id === id);
  return gate ? `${place(gate.venue)}${gate.area === gate.venue ? "" : ` ${place(gate.area)}`} (${id})` : id;
}

function badge(line) {
  if (line.code) return [el("a", { href: `/people#${line.code}` }, `${say("badge")} ${line.code}`), " · "];
  return line.badge ? [`${say("badge")} ${line.badge} · `] : [];
}

async function other(line) {
  const text = await confirmed(say("rule.ask"), "");
  if (text) await answer(line, text);
}

async function answer(line, text) {
  await attempt(() => ask("POST", "/conflicts", { kind: line.kind, entry: line.entry, answer: text, was: line.ruling }));
  await attempt(async () => render(await ask("GET", "/conflicts")));
}

refresh();
