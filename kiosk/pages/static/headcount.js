"use strict";
// The headcount as this kiosk knows it; every number beside its age.

// The languages that there are, and their tags: as the buttons have them.
const LANG = Object.fromEntries([...document.querySelectorAll("[data-language]")].map((one) => [one.dataset.language, one.lang]));
const POLL_MS = 3000;
const FRESH_MS = 15000;
const OLD_MS = 60000;
const words = JSON.parse(document.body.dataset.words);
let language = localStorage.getItem("language") || document.body.dataset.first;
let tally = null;
const $ = (id) => document.getElementById(id);

function t(key, values) {
  return words[key][language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function element(tag, text, made) {
  return Object.assign(document.createElement(tag), { textContent: text }, made || {});
}

function age(heardMs) {
  if (heardMs === null) return t("never");
  const ms = tally.as_of_ms - heardMs;
  if (ms < FRESH_MS) return t("now");
  return ms < 2 * OLD_MS ? t("seconds_ago", { seconds: Math.round(ms / 1000) })
    : t("ago", { minutes: Math.round(ms / 60000) });
}

// Where no kiosk has been heard, nobody counts: that is no zero.
const counted = (area, key) => (area.heard_ms === null && !area[key] ? "–" : String(area[key]));

// On a low screen the venues stand alone, until somebody opens one.
const opened = new Map();
const isOpen = (venue) => (opened.has(venue) ? opened.get(venue) : matchMedia("(min-height: 700px)").matches);

function name(id, area, venue, rooms) {
  if (!venue || !rooms) return element("td", area.name[language]);
  const cell = element("td", "");
  const fold = element("button", `${isOpen(id) ? "▾" : "▸"} ${area.name[language]}`, {
    onclick: () => { opened.set(id, !isOpen(id)); render(); } });
  fold.dataset.venue = id;
  fold.setAttribute("aria-expanded", isOpen(id));
  cell.append(fold);
  return cell;
}

function row(id, area, rooms) {
  const venue = id === area.venue;
  const one = element("tr", "", { className: venue ? "venue" : "room" });
  one.classList.toggle("full", area.capacity !== null && area.inside >= area.capacity);
  one.classList.toggle("old", area.heard_ms === null || tally.as_of_ms - area.heard_ms > OLD_MS);
  const inside = element("td", counted(area, "inside"));
  const notes = [];
  if (area.low !== area.high) notes.push(t("between", area));
  if (area.capacity !== null) notes.push(t("of", area));
  if (notes.length) inside.append(element("small", notes.join(" · ")));
  one.append(name(id, area, venue, rooms), inside,
    ...["people", "entries", "exits", "refused"].map((key) => element("td", counted(area, key))),
    element("td", age(area.heard_ms)));
  return one;
}

function render() {
  document.documentElement.lang = LANG[language];
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = t(one.dataset.text);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", one.dataset.language === language);
  if (!tally) return;
  $("message").textContent = tally.clock_sure ? "" : t("unsure");
  const areas = Object.entries(tally.areas);
  const held = document.activeElement.dataset.venue;
  const venues = areas.filter(([id, area]) => id === area.venue);
  $("areas").replaceChildren(...venues.flatMap(([venue, area]) => {
    const rooms = areas.filter(([id, room]) => room.venue === venue && id !== venue);
    return [row(venue, area, rooms.length), ...(isOpen(venue) ? rooms.map(([id, room]) => row(id, room, 0)) : [])];
  }));
  if (held) document.querySelector(`[data-venue="${CSS.escape(held)}"]`).focus();
  $("silent").replaceChildren(...(tally.silent.length
    ? tally.silent.map((one) => element("li", `${one.code} · ${age(one.since_ms)}`))
    : [element("li", t("all_heard"))]));
}

async function poll() {
  try {
    const answer = await fetch("/headcount.json");
    if (answer.status === 503) return;
    tally = await answer.json();
    render();
  } catch {
    $("message").textContent = t("lost");
  }
}

for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => { language = one.dataset.language; localStorage.setItem("language", language); render(); };
render();
poll();
setInterval(poll, POLL_MS);
