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

function word(key, values) {
  return words[key][language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function element(tag, text, made) {
  return Object.assign(document.createElement(tag), { textContent: text }, made || {});
}

function age(heardMs) {
  if (heardMs === null) return word("never");
  const ms = tally.as_of_ms - heardMs;
  if (ms < FRESH_MS) return word("now");
  return ms < 2 * OLD_MS ? word("seconds_ago", { seconds: Math.round(ms / 1000) })
    : word("ago", { minutes: Math.round(ms / 60000) });
}

function row(id, area) {
  const venue = id === area.venue;
  const one = element("tr", "", { className: venue ? "venue" : "room" });
  one.classList.toggle("full", area.capacity !== null && area.inside >= area.capacity);
  one.classList.toggle("old", area.heard_ms === null || tally.as_of_ms - area.heard_ms > OLD_MS);
  const inside = element("td", String(area.inside));
  const notes = [];
  if (area.low !== area.high) notes.push(word("between", area));
  if (area.capacity !== null) notes.push(word("of", area));
  if (notes.length) inside.append(element("small", notes.join(" · ")));
  one.append(element("td", area.name[language]), inside,
    ...["people", "entries", "exits", "refused"].map((key) => element("td", String(area[key]))),
    element("td", age(area.heard_ms)));
  return one;
}

function render() {
  document.documentElement.lang = LANG[language];
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = word(one.dataset.say);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", one.dataset.language === language);
  if (!tally) return;
  $("message").textContent = tally.clock_sure ? "" : word("unsure");
  const areas = Object.entries(tally.areas);
  const venues = areas.filter(([id, area]) => id === area.venue);
  $("areas").replaceChildren(...venues.flatMap(([venue, area]) => [
    row(venue, area),
    ...areas.filter(([id, room]) => room.venue === venue && id !== venue).map(([id, room]) => row(id, room)),
  ]));
  $("silent").replaceChildren(...(tally.silent.length
    ? tally.silent.map((one) => element("li", `${one.code} · ${age(one.since_ms)}`))
    : [element("li", word("all_heard"))]));
}

async function poll() {
  try {
    const answer = await fetch("/headcount.json");
    if (answer.status === 503) return;
    tally = await answer.json();
    render();
  } catch {
    $("message").textContent = word("lost");
  }
}

for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => { language = one.dataset.language; localStorage.setItem("language", language); render(); };
render();
poll();
setInterval(poll, POLL_MS);
