// The cards of venues and rooms: how many are inside, how full it is, and what keeps a number from being sure.
import { ago, count, counted, data, el, listed, placeName, rate, t } from "./common.js";
import { chart } from "./chart.js";

/** What all cards are drawn from: the newest headcount, the newest arrivals (null: none yet) and the time now (ms). */
export function venueCard(venue, live) {
  const rooms = live.headcount.areas.filter((area) => area.venue === venue.id && area.parent !== null);
  const curve = live.arrivals?.areas.find((area) => area.id === venue.id);
  return el("section", { class: "venue card", "data-area": venue.id },
    el("h2", {}, placeName(venue.id)),
    el("p", { class: "big" }, ...inside(venue)),
    ...fullness(venue, live), doubts(venue, live),
    el("dl", { class: "figures" }, ...figure("people", venue.people), ...entries(venue, curve),
      ...(leaves(venue) ? figure("exits", venue.exits) : []), ...figure("refused", venue.refused)),
    curve ? chart(live.arrivals, curve) : el("div", { class: "chart" }),
    el("div", { class: "rooms" }, ...rooms.map((room) => roomCard(room, live))),
    gates(venue, live));
}

function roomCard(room, live) {
  const nested = room.parent !== room.venue;
  return el("div", { class: `room${nested ? " nested" : ""}${counted(room) ? "" : " uncounted"}`, "data-area": room.id },
    el("h3", {}, placeName(room.id)), el("p", { class: "number" }, counted(room) ? count(room.inside) : "–"),
    ...fullness(room, live), doubts(room, live));
}

const inside = (area) => counted(area)
  ? [count(area.inside), " ", el("small", {}, t(leaves(area) ? "inside" : "arrivals_only"))]
  : ["– ", el("small", {}, t("not_counted"))];

/** Whether the people who leave an area are counted: a gate of it leads out. */
const leaves = (area) => data.gates.some((gate) => gate.direction !== "in" && gate.area === area.id);

const figure = (key, number) => [el("div", {}, el("dt", {}, t(key)), el("dd", {}, count(number)))];

function entries(venue, curve) {
  const again = curve?.again ?? 0;
  return [el("div", {}, el("dt", {}, t("entries")), el("dd", {}, count(venue.entries),
    again ? el("small", { class: "quiet" }, ` ${t("entries.again", { n: again })}`) : ""))];
}

/** The bar of an area with a capacity, what it means in words, and when it will be full. */
function fullness(area, live) {
  if (area.capacity === null) return [];
  if (!counted(area)) return [el("p", { class: "left quiet" }, t("not_counted"))];
  const share = area.capacity ? area.inside / area.capacity : 1;
  const level = share >= 1 ? "full" : share >= 0.9 ? "almost" : "fine";
  const fill = el("span", { class: "fill" });
  fill.style.width = `${Math.min(100, Math.round(share * 100))}%`;
  const over = area.inside - area.capacity;
  const text = over > 0 ? `▲ ${t("over", { n: over })}`
    : over === 0 ? `■ ${t("full")}`
      : level === "almost" ? `◆ ${t("almost_full")} · ${t("places_left", { n: area.places_left })}`
        : t("places_left", { n: area.places_left });
  const full = live.arrivals?.areas.find((one) => one.id === area.id)?.full_at;
  return [
    el("div", { class: `bar ${level}`, role: "img", "aria-label": `${area.inside} / ${area.capacity}` }, fill),
    el("p", { class: `left ${level}` }, text, " ", el("span", { class: "quiet" }, t("capacity", { n: area.capacity })),
      full && over < 0 ? el("span", { class: "soon" }, ` · ${t("full_at", { time: full.slice(11, 16) })}`) : ""),
  ];
}

/** What keeps a number from being sure, in room that is always there, so that nothing jumps. */
function doubts(area, live) {
  const mine = live.headcount.silent.filter((kiosk) => kiosk.area && within(kiosk.area, area.id, live.headcount.areas));
  const line = el("p", { class: counted(area) ? "state" : "state none" });
  const of = (touch) => mine.filter((kiosk) => kiosk.touch === touch);
  const missing = (list) => list.reduce((sum, kiosk) => sum + (kiosk.missing ?? 0), 0);
  const [silent, behind, flying] = ["silent", "behind", "in_flight"].map(of);
  const add = (cls, text) => line.append(el("span", { class: cls }, text), " ");
  if (silent.length) add("doubt", `▲ ${silentWords(silent, live)}`);
  if (behind.length) add("behind", `◆ ${t("behind", { n: missing(behind) })}`);
  if (flying.length && !silent.length && !behind.length) add("quiet", t("in_flight", { n: missing(flying) }));
  if ((silent.length || behind.length) && (area.low !== area.inside || area.high !== area.inside)) {
    add("quiet", `≈ ${t("band", { low: area.low, high: area.high })}`);
  }
  if (area.by_hand) add("quiet", t("by_hand", { n: area.by_hand }));
  return line;
}

function silentWords(silent, live) {
  const never = silent.every((kiosk) => kiosk.since === null);
  if (silent.length === 1) {
    const [kiosk] = silent;
    const values = { kiosk: gateCode(kiosk.gate), ago: kiosk.since && duration(kiosk.since, live.now) };
    return t(never ? "silent_never" : "silent_for", values);
  }
  const oldest = silent.map((kiosk) => kiosk.since).filter(Boolean).sort()[0];
  return `${t("silent", { n: silent.length })}${oldest ? ` · ${ago(oldest, live.now)}` : ""}`;
}

/** How long ago, without "ago". */
function duration(instant, now) {
  const s = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  return s < 90 ? t("for.s", { n: s }) : s < 5400 ? t("for.min", { n: Math.round(s / 60) }) : t("for.h", { n: Math.round(s / 3600) });
}

function within(area, outer, areas) {
  for (let at = area; at !== null && at !== undefined; at = areas.find((one) => one.id === at)?.parent) {
    if (at === outer) return true;
  }
  return false;
}

/** What a gate's screen shows as its code (C5), with its id where it has none. */
export const gateCode = (id) => data.gates.find((gate) => gate.id === id)?.code ?? id ?? "";

/** People a minute through each gate of a venue: a stuck door is seen by its zero. A gate without a kiosk has no number. */
function gates(venue, live) {
  if (!live.arrivals) return "";
  const own = live.arrivals.gates.filter((gate) => data.gates.some((one) => one.id === gate.id && one.venue === venue.id && one.mode !== "print"));
  const open = own.filter((gate) => gate.kiosk || gate.per_minute > 0);
  const shut = own.filter((gate) => !open.includes(gate)).map((gate) => gateCode(gate.id));
  const busy = open.some((gate) => gate.per_minute > 0);
  return el("p", { class: "gates" },
    ...(busy ? [el("span", { class: "quiet" }, `${t("gates.per_minute")} `), ...open.map((gate) =>
      el("span", { class: gate.per_minute ? "gate" : "gate quiet" }, `${gateCode(gate.id)} `, el("strong", {}, rate(gate.per_minute))))]
      : open.length ? [el("span", { class: "quiet" }, t("gates.none"))] : []),
    shut.length ? el("span", { class: "quiet shut" }, t("gates.uncounted", { gates: listed(shut) })) : "");
}
