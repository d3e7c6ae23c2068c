"use strict";
// The page on which a supervisor gives this kiosk a gate. It says that it has one only when the door has said so.

// The languages that there are, and their tags: as the buttons have them.
const LANG = Object.fromEntries([...document.querySelectorAll("[data-language]")].map((one) => [one.dataset.language, one.lang]));
const POLL_MS = 3000;
const IDLE_MS = 60000;
const TWO_MINUTES_S = 120;
const body = document.body;
const words = JSON.parse(body.dataset.words);
let language = localStorage.getItem("language") || body.dataset.first;
let state = null;
let venues = null;
let lastMessage = null;
let confirmed = null;
let touchedAt = Date.now();
const $ = (id) => document.getElementById(id);

function t(key, values) {
  const text = (words.labels[key] || words.errors[key] || {})[language] || key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function element(tag, text, made) {
  return Object.assign(document.createElement(tag), { textContent: text }, made || {});
}

// What is said stays said when the language is changed.
function message(key, good, values) {
  lastMessage = key ? { key, good, values } : null;
  $("message").textContent = key ? t(key, values) : "";
  $("message").classList.toggle("good", Boolean(good));
}

async function ask(path, what) {
  let answer;
  try {
    answer = await fetch(`/staff/gate/${path}`, what === undefined ? {} : {
      method: "POST", body: JSON.stringify(what),
      headers: { "Content-Type": "application/json", "X-Jianmen-Token": body.dataset.token },
    });
  } catch {
    throw new Error("lost");
  }
  if (answer.status === 409) throw new Error((await answer.json()).why);
  if (answer.status === 403) location.reload();
  if (!answer.ok) throw new Error("failed");
  return answer.json();
}

async function attempt(work) {
  message(null);
  try {
    await work();
  } catch (error) {
    message(error.message);
    if (error.message === "gate_locked") venues = null;
    render();
  }
}

function translatePage() {
  document.documentElement.lang = LANG[language];
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = t(one.dataset.text);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", one.dataset.language === language);
  if (lastMessage) message(lastMessage.key, lastMessage.good, lastMessage.values);
  render();
}

function render() {
  $("stands").hidden = Boolean(venues);
  $("choose").hidden = !venues;
  if (state) renderStanding();
  else $("gate").textContent = t("title");
  if (venues) $("venues").replaceChildren(...venues.flatMap(venueRows));
}

function renderStanding() {
  $("gate").textContent = state.gate ? `${state.gate} · ${state.place[language]}` : t("none");
  const known = state.event ? (state.by ? `by.${state.by}` : "how") : "no_event";
  $("by").textContent = t(known);
  $("incomplete").hidden = !state.incomplete;
  $("ask-card").hidden = !state.event || state.by === "registry" || !$("show-card").hidden;
  $("take-back").hidden = state.by !== "supervisor";
}

function venueRows(venue) {
  const gates = element("div", "", { className: "gates" });
  gates.append(...venue.gates.map(gateButton));
  return [element("h2", venue.name[language]), gates];
}

function gateButton(gate) {
  const button = element("button", "", { onclick: () => sure(gate), disabled: gate.mine });
  button.dataset.state = gate.mine ? "mine" : gate.taken ? "taken" : gate.others ? "silent" : "free";
  button.append(element("b", gate.code), element("span", gate.area[language]),
    element("small", [gate.id, t(gate.direction), t(gate.mode)].join(" · ")));
  const note = gate.mine ? t("mine") : gate.taken ? t("works") : gate.others ? silence(gate.silent_s) : "";
  if (note) button.append(element("small", note, { className: "note" }));
  return button;
}

function silence(seconds) {
  if (seconds === null) return t("never");
  if (seconds < TWO_MINUTES_S) return t("silent_s", { seconds });
  return t("silent", { minutes: Math.round(seconds / 60) });
}

// `gate` null: none at all.
function sure(gate) {
  $("which").textContent = gate ? `${gate.code} · ${gate.place[language]}` : t("take_back");
  $("beside").hidden = !gate || !gate.taken;
  $("seats").hidden = !gate || !gate.seats;
  $("none-left").hidden = Boolean(gate);
  $("confirm").textContent = t(gate ? "give" : "take_back");
  confirmed = () => (gate ? give(gate) : takeBack());
  $("sure").showModal();
}

async function give(gate) {
  try {
    state = await ask("give", { gate: gate.id, beside: gate.taken });
  } catch (error) {
    // Somebody works there since the list was made: show the list again, and ask again.
    if (error.message === "gate_taken") venues = await ask("choices");
    throw error;
  }
  venues = null;
  render();
  message("given", true, { gate: state.gate });
}

async function takeBack() {
  state = await ask("take-back", {});
  venues = null;
  render();
  message("taken", true);
}

async function showCard() {
  $("ask-card").hidden = true;
  $("show-card").hidden = false;
  try {
    await ask("card", {});
    venues = await ask("choices");
  } finally {
    $("show-card").hidden = true;
  }
  render();
}

async function poll() {
  if (Date.now() - touchedAt > IDLE_MS) {
    await ask("leave", {}).catch(() => {});
    location.assign("/");
    return;
  }
  try {
    state = await ask("state");
    if (!venues) render();
    if (lastMessage && ["lost", "not_ready"].includes(lastMessage.key)) message(null);
  } catch (error) {
    message(error.message);
  }
}

$("ask-card").onclick = () => attempt(showCard);
$("take-back").onclick = () => sure(null);
$("cancel").onclick = () => $("sure").close();
$("confirm").onclick = () => { $("sure").close(); attempt(confirmed); };
for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => { language = one.dataset.language; localStorage.setItem("language", language); translatePage(); };
addEventListener("pointerdown", () => { touchedAt = Date.now(); });
setInterval(poll, POLL_MS);
translatePage();
poll();
