// The live page: numbers by the event stream, by asking where there is none, and always with their age.
import { ago, alarms, ask, clock, count, data, el, place, say } from "./common.js";

const LOST_MS = 12_000; // the stream speaks every five seconds and comes back within two
const POLL_MS = 5_000;
const REST_MS = 10_000;

let last = null; // the newest headcount
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

function listen() {
  const source = new EventSource("/api/v1/headcount/stream");
  source.addEventListener("headcount", (event) => { streaming = true; show(JSON.parse(event.data)); });
  source.addEventListener("alive", (event) => { streaming = true; heard(JSON.parse(event.data).as_of); tick(); });
  source.addEventListener("error", () => {
    streaming = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 30_000);
  });
}

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
    ? ["✕", say("contact.lost", { time: asOf ? clock(asOf) : "–" })]
    : asOf === null ? ["…", say("contact.waiting")]
      : ["●", say(streaming ? "contact.live" : "contact.polling")];
  line.querySelector(".mark").textContent = mark;
  line.querySelector(".text").textContent = text;
  if (last) document.getElementById("age").replaceChildren(...ageSentence());
}

/** "Numbers as of 14:02:10. Meishan last heard 6 min ago, 37 entries known missing." */
function ageSentence() {
  const first = `${say("as_of", { time: clock(asOf) })} · `;
  if (!last.kiosks) return [first, el("strong", {}, `▲ ${say("no_kiosks.short")}`)];
  if (!last.silent.length) return [first, say("all_heard")];
  const byVenue = Map.groupBy ? Map.groupBy(last.silent, whose) : grouped(last.silent, whose);
  const parts = [...byVenue].map(([venue, kiosks]) => {
    const never = kiosks.some((kiosk) => kiosk.since === null);
    const oldest = kiosks.map((kiosk) => kiosk.since).filter(Boolean).sort()[0];
    return never && !oldest ? say("never_heard", { place: venue }) : say("last_heard", { place: venue, ago: ago(oldest, now()) });
  });
  const missing = last.missing ? ` · ${say("missing", { n: last.missing })}` : "";
  return [first, el("strong", {}, `▲ ${parts.join(" · ")}${missing}`)];
}

const whose = (kiosk) => (kiosk.venue ? place(kiosk.venue) : kiosk.device.slice(0, 6));

function grouped(list, key) {
  const found = new Map();
  for (const one of list) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
}

function render() {
  const venues = last.areas.filter((area) => area.parent === null);
  document.getElementById("venues").replaceChildren(...venues.map(venueCard));
  const silent = document.getElementById("silent");
  silent?.replaceChildren(silentList());
  tick();
}

function venueCard(venue) {
  const rooms = last.areas.filter((area) => area.venue === venue.id && area.parent !== null);
  return el("section", { class: "venue card", "data-area": venue.id },
    el("h2", {}, place(venue.id)),
    el("p", { class: "big" }, count(venue.inside), " ", el("small", {}, say("inside"))),
    ...fullness(venue), ...doubts(venue),
    el("dl", { class: "figures" }, ...figure("people", venue.people), ...figure("entries", venue.entries),
      ...figure("exits", venue.exits), ...figure("refused", venue.refused)),
    el("div", { class: "rooms" }, ...rooms.map(roomCard)));
}

function roomCard(room) {
  const nested = room.parent !== room.venue;
  return el("div", { class: nested ? "room nested" : "room", "data-area": room.id },
    el("h3", {}, place(room.id)), el("p", { class: "number" }, count(room.inside)),
    ...fullness(room), ...doubts(room));
}

const figure = (key, number) => [el("div", {}, el("dt", {}, say(key)), el("dd", {}, count(number)))];

/** The bar of an area with a capacity, and what it means in words. */
function fullness(area) {
  if (area.capacity === null) return [];
  const share = area.capacity ? area.inside / area.capacity : 1;
  const level = share >= 1 ? "full" : share >= 0.9 ? "almost" : "fine";
  const fill = el("span", { class: "fill" });
  fill.style.width = `${Math.min(100, Math.round(share * 100))}%`;
  const over = area.inside - area.capacity;
  const text = over > 0 ? `▲ ${say("over", { n: over })}`
    : over === 0 ? `■ ${say("full")}`
      : level === "almost" ? `◆ ${say("almost_full")} · ${say("places_left", { n: area.places_left })}`
        : say("places_left", { n: area.places_left });
  return [
    el("div", { class: `bar ${level}`, role: "img", "aria-label": `${area.inside} / ${area.capacity}` }, fill),
    el("p", { class: `left ${level}` }, text, " ", el("span", { class: "quiet" }, say("capacity", { n: area.capacity }))),
  ];
}

/** What keeps a number from being sure. */
function doubts(area) {
  const lines = [];
  if (area.silent) {
    const missing = area.missing ? ` · ${say("missing", { n: area.missing })}` : "";
    const when = area.heard ? ` · ${ago(area.heard, now())}` : "";
    lines.push(el("p", { class: "doubt" }, `▲ ${say("silent", { n: area.silent })}${when}${missing}`));
  }
  if (area.low !== area.inside || area.high !== area.inside) {
    lines.push(el("p", { class: "doubt" }, `≈ ${say("band", { low: area.low, high: area.high })}`));
  }
  if (area.by_hand) lines.push(el("p", { class: "quiet" }, say("by_hand", { n: area.by_hand })));
  return lines;
}

function silentList() {
  if (!last.silent.length) return el("p", { class: "quiet" }, `● ${say(last.kiosks ? "all_heard" : "no_kiosks.short")}`);
  return el("ul", { class: "alarms" }, ...last.silent.map((kiosk) =>
    el("li", {}, el("strong", {}, `▲ ${kiosk.gate ?? kiosk.device.slice(0, 6)}`),
      ` ${kiosk.area ? place(kiosk.area) : ""} · ${kiosk.since ? `${say("since", { time: clock(kiosk.since) })} (${ago(kiosk.since, now())})` : say("never")}`,
      kiosk.missing ? ` · ${say("missing", { n: kiosk.missing })}` : "")));
}

async function rest() {
  try {
    const [kiosks, conflicts, sessions] = await Promise.all(
      ["/kiosks", "/conflicts", "/sessions"].map((path) => ask("GET", path)));
    document.getElementById("alarms").replaceChildren(alarms(kiosks.alarms));
    attention(kiosks.kiosks.filter((kiosk) => kiosk.troubles.length && !kiosk.troubles.includes("cut_off")).length, conflicts.open);
    document.getElementById("sessions").replaceChildren(el("ul", { class: "plain" }, ...sessions.sessions.map((session) =>
      el("li", {}, el("span", {}, `${data.sessions[session.id]} `, el("span", { class: "quiet" }, `${place(session.area)} · ${session.starts.slice(5, 10)} ${session.starts.slice(11, 16)}–${session.ends.slice(11, 16)}`)),
        el("strong", {}, `${count(session.attended)} ${say("attended")}`)))));
  } catch { /* the contact line says so */ }
  setTimeout(rest, REST_MS);
}

function attention(ill, open) {
  const card = document.getElementById("attention");
  card.hidden = !ill && !open;
  card.replaceChildren(
    ...(ill ? [el("a", { href: "/kiosks" }, `▲ ${say("kiosks.ill", { n: ill })}`)] : []),
    ...(open ? [el("a", { href: "/conflicts" }, `◆ ${say("conflicts.open", { n: open })}`)] : []));
}

listen();
poll();
setInterval(tick, 1000);
if (document.getElementById("sessions")) rest();
