// The live page: numbers by the event stream, by asking where there is none, and always with their age.
import { gateCode, venueCard } from "./areas.js";
import { ago, alarms, ask, clock, count, counted, data, el, fullPlace, placeName, rate, t } from "./common.js";
import { listen } from "./stream.js";

const LOST_MS = 12_000; // the stream speaks every five seconds and comes back within two
const POLL_MS = 5_000;
const REST_MS = 10_000;

let last = null; // the newest headcount
let arrivals = null; // the newest curves
let asOf = null; // when it last held, as the registry writes it
let heardAt = 0; // when this page last heard anything
let streaming = false;
const began = performance.now();

function heard(instant) {
  asOf = instant;
  heardAt = performance.now();
}

function show(headcount) {
  last = headcount;
  heard(headcount.as_of);
  render();
}

listen((name, update) => {
  streaming = name !== "error";
  if (name === "headcount") show(update);
  if (name === "alive") { heard(update.as_of); tick(); }
});

async function poll() {
  if (!streaming) {
    try { show(await ask("GET", "/headcount")); } catch { /* the contact line says so */ }
  }
  setTimeout(poll, POLL_MS);
}

/** The registry's clock now, as well as this page can know it. */
const now = () => Date.parse(asOf) + performance.now() - heardAt;

function tick() {
  const line = document.getElementById("contact");
  const lost = performance.now() - (heardAt || began) > LOST_MS;
  document.body.classList.toggle("lost", lost);
  line.className = `contact ${lost ? "bad" : "good"}`;
  const [mark, text] = lost
    ? ["✕", t("contact.lost", { time: asOf ? clock(asOf) : "–" })]
    : asOf === null ? ["…", t("contact.waiting")]
      : ["●", t(streaming ? "contact.live" : "contact.polling")];
  line.querySelector(".mark").textContent = mark;
  line.querySelector(".text").textContent = text;
  if (last) document.getElementById("age").replaceChildren(...ageSentence());
}

/** "Numbers as of 14:02:10. Meishan last heard 6 min ago, 37 entries known missing": of those that are silent alone. */
function ageSentence() {
  const first = `${t("as_of", { time: clock(asOf) })} · `;
  if (!last.kiosks) return [first, el("strong", {}, `▲ ${t("no_kiosks.short")}`)];
  const silent = last.silent.filter((kiosk) => kiosk.touch === "silent");
  const uncovered = data.gates.length - last.gates;
  if (!silent.length) return [first, uncovered > 0 ? t("heard_of", { n: last.gates, all: data.gates.length }) : t("all_heard")];
  const parts = [...grouped(silent, whose)].map(([venue, kiosks]) => {
    const never = kiosks.some((kiosk) => kiosk.since === null);
    const oldest = kiosks.map((kiosk) => kiosk.since).filter(Boolean).sort()[0];
    return never && !oldest ? t("never_heard", { place: venue }) : t("last_heard", { place: venue, ago: ago(oldest, now()) });
  });
  const n = silent.reduce((sum, kiosk) => sum + (kiosk.missing ?? 0), 0);
  return [first, el("strong", {}, `▲ ${parts.join(" · ")}${n ? ` · ${t("missing", { n })}` : ""}`)];
}

const whose = (kiosk) => (kiosk.venue ? placeName(kiosk.venue) : kiosk.device.slice(0, 6));

function grouped(list, key) {
  const found = new Map();
  for (const one of list) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
}

function render() {
  const live = { headcount: last, arrivals, now: now() };
  const venues = last.areas.filter((area) => area.parent === null);
  document.getElementById("venues").replaceChildren(...venues.map((venue) => venueCard(venue, live)));
  document.getElementById("head").replaceChildren(...head());
  document.getElementById("silent")?.replaceChildren(silentList());
  tick();
}

/** "279 inside · 354 came of 26,000 (1.4 %) · 41 a minute, the most 63 at 09:12" */
function head() {
  const venues = last.areas.filter((area) => area.parent === null);
  const inside = venues.reduce((sum, area) => sum + area.inside, 0);
  const share = arrivals?.registered ? new Intl.NumberFormat(data.language, { style: "percent", maximumFractionDigits: 1 }).format(arrivals.came / arrivals.registered) : "";
  const box = (key, number, more = "") => el("div", {}, el("dt", {}, t(key)), el("dd", {}, number, " ", el("small", {}, more)));
  return [
    box("head.inside", venues.some(counted) ? count(inside) : "–"),
    box("head.came", arrivals ? count(arrivals.came) : "–", arrivals ? `${t("head.of", { n: arrivals.registered })}${share ? ` · ${share}` : ""}` : ""),
    box("head.per_minute", arrivals && last.kiosks ? rate(arrivals.per_minute) : "–"),
    box("head.peak", arrivals?.peak ? count(arrivals.peak) : "–", arrivals?.peak_at ? t("head.at", { time: arrivals.peak_at.slice(11, 16) }) : ""),
  ];
}

function silentList() {
  const bad = last.silent.filter((kiosk) => kiosk.touch !== "in_flight");
  if (!bad.length) return el("p", { class: "quiet" }, `● ${t(last.kiosks ? "all_heard" : "no_kiosks.short")}`);
  return el("ul", { class: "alarms" }, ...bad.map((kiosk) =>
    el("li", {}, el("strong", { class: kiosk.touch }, `${kiosk.touch === "behind" ? "◆" : "▲"} ${kiosk.gate ? gateCode(kiosk.gate) : kiosk.device.slice(0, 6)}`),
      ` ${kiosk.area ? placeName(kiosk.area) : ""} · `,
      kiosk.touch === "behind" ? t("behind", { n: kiosk.missing ?? 0 })
        : `${kiosk.since ? `${t("since", { time: clock(kiosk.since) })} (${ago(kiosk.since, now())})` : t("never")}${kiosk.missing ? ` · ${t("missing", { n: kiosk.missing })}` : ""}`)));
}

async function curves() {
  try {
    arrivals = await ask("GET", "/arrivals");
    if (last) render();
  } catch { /* the contact line says so */ }
  setTimeout(curves, REST_MS);
}

async function rest() {
  try {
    const [kiosks, conflicts, sessions] = await Promise.all(
      ["/kiosks", "/conflicts", "/sessions"].map((path) => ask("GET", path)));
    document.getElementById("alarms").replaceChildren(alarms(kiosks.alarms));
    attention(kiosks.kiosks.filter((kiosk) => kiosk.troubles.length && !kiosk.troubles.includes("cut_off")).length, conflicts.open);
    document.getElementById("sessions").replaceChildren(el("ul", { class: "plain" }, ...sessions.sessions.map((session) =>
      el("li", {}, el("span", {}, `${data.sessions[session.id]} `, el("span", { class: "quiet" }, `${fullPlace(session.area, session.venue)} · `, el("span", { class: "when" }, `${session.starts.slice(5, 10)} ${session.starts.slice(11, 16)}–${session.ends.slice(11, 16)}`))),
        attended(session)))));
  } catch { /* the contact line says so */ }
  setTimeout(rest, REST_MS);
}

/** Who came to a session; no number where no kiosk stands. */
function attended(session) {
  const area = last?.areas.find((one) => one.id === session.area);
  return session.attended || !area || counted(area) ? el("strong", {}, t("attended_n", { n: session.attended }))
    : el("span", { class: "quiet when" }, `– ${t("no_kiosk_there")}`);
}

function attention(troubled, open) {
  const card = document.getElementById("attention");
  card.classList.toggle("calm", !troubled && !open);
  card.replaceChildren(
    ...(!troubled && !open ? [el("span", { class: "quiet" }, `● ${t("attention.none")}`)] : []),
    ...(troubled ? [el("a", { href: "/kiosks" }, `▲ ${t("kiosks.trouble", { n: troubled })}`)] : []),
    ...(open ? [el("a", { href: "/conflicts" }, `◆ ${t("conflicts.open", { n: open })}`)] : []));
}

curves();
poll();
setInterval(tick, 1000);
if (document.getElementById("sessions")) rest();
