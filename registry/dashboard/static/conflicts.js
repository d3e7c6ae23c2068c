// The partition report: each line with its proposed reading, and an admin's answer.
import { ask, attempt, clock, confirmed, data, el, minute, placeName, t, titled } from "./common.js";

const EVERY_MS = 10_000;

async function refresh() {
  await attempt(async () => render(await ask("GET", "/conflicts")));
  setTimeout(refresh, EVERY_MS);
}

function render(report) {
  const hidden = report.total - report.conflicts.length;
  document.getElementById("conflicts").replaceChildren(
    ...(hidden ? [el("p", { class: "quiet" }, t("conflicts.more", { n: report.total, shown: report.conflicts.length }))] : []),
    ...(report.conflicts.length ? report.conflicts.map(card) : [el("p", { class: "quiet" }, `● ${t("conflicts.none")}`)]));
}

function card(line) {
  const gates = line.gates.length ? line.gates : [line.gate ?? "–"];
  return el("article", { class: line.ruling === null ? "card conflict" : "card conflict done" },
    el("h2", {}, `${line.ruling === null ? "◆" : "●"} ${t(`conflict.${line.kind}`)}${line.reason ? `: ${t(`reason.${line.reason}`)}` : ""}`),
    el("p", {}, `${minute(line.at)}:${clock(line.at).slice(6)}${line.at === line.latest ? "" : ` – ${clock(line.latest)}`}`,
      line.overlap ? ` (${t("order_unsure")})` : "", " · ", gates.map(gateName).join(" → ")),
    el("p", { class: "quiet" }, ...badge(line), line.receipt ? el("a", { href: `/receipt#${line.receipt}` }, `${t("receipt")} ${line.receipt}`) : ""),
    el("p", {}, titled(t("reading")), el("strong", {}, t(`reading.${line.reading}`))),
    line.ruling !== null ? el("p", { class: "good" }, `✓ ${t("ruled", { answer: ruling(line.ruling) })}`)
      : data.admin ? el("p", { class: "actions" },
        el("button", { class: "main", click: () => answer(line, line.reading) }, t("rule.agree")),
        el("button", { click: () => other(line) }, t("rule.other"))) : "");
}

/** An answer that agrees is kept as the reading's own name; any other is a person's words. */
const ruling = (text) => (/^[a-z_]+$/.test(text) && t(`reading.${text}`) !== `reading.${text}` ? t(`reading.${text}`) : text);

function gateName(id) {
  const gate = data.gates.find((one) => one.id === id);
  return gate ? `${placeName(gate.venue)}${gate.area === gate.venue ? "" : ` ${placeName(gate.area)}`} (${id})` : id;
}

function badge(line) {
  if (line.code) return [el("a", { href: `/people#${line.code}` }, `${t("badge")} ${line.code}`), " · "];
  return line.badge ? [`${t("badge")} ${line.badge} · `] : [];
}

async function other(line) {
  const text = await confirmed(t("rule.ask"), "");
  if (text) await answer(line, text);
}

async function answer(line, text) {
  await attempt(() => ask("POST", "/conflicts", { kind: line.kind, entry: line.entry, answer: text, was: line.ruling }));
  await attempt(async () => render(await ask("GET", "/conflicts")));
}

refresh();
