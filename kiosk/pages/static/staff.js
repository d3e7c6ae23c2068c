"use strict";
// The staff screen. It shows what the door tells it and asks for actions; it knows nothing by itself.

// The languages that there are, and their tags: as the buttons have them.
const LANG = Object.fromEntries([...document.querySelectorAll("[data-language]")].map((one) => [one.dataset.language, one.lang]));
const MARKS = { admit: "✓", admit_flagged: "↑", ask_staff: "?", refuse: "✗" };
const POLL_MS = 1000;
const MESSAGE_MS = 7000;
const BOOKED = 2; // sessions that are named of those that somebody has booked
const MOST = { pin: 100, "card-code": 25 };
const TONES = { opens: [880, 0.12], not: [330, 0.4] };
const body = document.body;
const words = JSON.parse(body.dataset.words);
let language = localStorage.getItem("language") || body.dataset.first;
let state = null;
let shown = "";
let lastMessage = null;
let fading = 0;
let heard = null;
let audio = null;
let people = null;
const typed = { pin: "", "card-code": "", counted: "", "new-time": "" };
let typing = false;
const $ = (id) => document.getElementById(id);

function t(table, key) {
  return (words[table][key] || {})[language] || key;
}

function filled(label, values) {
  return t("labels", label).replace(/\{(\w+)\}/g, (_, name) => values[name]).trim();
}

// "A, B": as the reader's language lists things.
const listed = (names) => names.join(language.startsWith("zh") ? "、" : ", ");

function element(tag, text, made) {
  const one = document.createElement(tag);
  one.textContent = text || "";
  return Object.assign(one, made || {});
}

function translatePage() {
  document.documentElement.lang = LANG[language];
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = t("labels", one.dataset.text);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", one.dataset.language === language);
  $("name").setAttribute("aria-label", t("labels", "name_on_badge"));
  if (body.dataset.mode === "locked") $("place").textContent = t("labels", "staff");
  $("query").setAttribute("aria-label", t("labels", "find"));
  $("found").setAttribute("aria-label", t("labels", "find"));
  for (const one of document.querySelectorAll("[data-key=\"⌫\"]")) one.setAttribute("aria-label", t("labels", "erase"));
  shown = "";
  render();
  if (people) renderFound(); else clearFound();
  if (lastMessage) showMessage();
}

// A message is kept by its key: it changes language with the page, and goes away by itself.
function message(table, key, good) {
  clearTimeout(fading);
  lastMessage = key ? { table, key, good } : null;
  showMessage();
  if (key) fading = setTimeout(message, MESSAGE_MS);
}

function showMessage() {
  $("message").textContent = lastMessage ? t(lastMessage.table, lastMessage.key) : "";
  $("message").classList.toggle("good", Boolean(lastMessage && lastMessage.good));
}

class Refused extends Error {
  constructor(table, key) {
    super(key);
    this.table = table;
  }
}

async function ask(path, what) {
  let answer;
  try {
    answer = await fetch(`/staff/${path}`, what === undefined ? {} : {
      method: "POST", body: JSON.stringify(what),
      headers: { "Content-Type": "application/json", "X-Jianmen-Token": body.dataset.token },
    });
  } catch {
    throw new Refused("labels", "lost");
  }
  if (answer.status === 409) {
    const { why } = await answer.json();
    // Left alone for long enough the door locks by itself, and the screen belongs to whoever comes next.
    if (why === "locked" && body.dataset.mode === "open") location.assign("/");
    throw new Refused("errors", why);
  }
  if (answer.status === 403) location.reload();
  if (!answer.ok) throw new Refused("errors", "failed");
  return answer.json();
}

// One act at a time; its outcome, good or bad, is the message.
async function attempt(work) {
  message();
  try {
    await work();
  } catch (error) {
    message(error.table || "errors", error.table ? error.message : "failed");
  }
}

// Staff look at the person, not at the screen.
function sound(opens) {
  if (body.dataset.sounds !== "yes") return;
  audio = audio || new AudioContext();
  const [hertz, seconds] = opens ? TONES.opens : TONES.not;
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  gain.gain.value = 0.2;
  oscillator.frequency.value = hertz;
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start();
  oscillator.stop(audio.currentTime + seconds);
}

function lockedNow() {
  body.dataset.mode = "locked";
  state = people = heard = null;
  $("last").hidden = true;
  shown = "";
  $("list").replaceChildren();
  clearFound();
  showLocked("unlock");
  $("direction").hidden = true;
  $("place").textContent = t("labels", "staff");
}

// Of what unlocks, one part stands: the way in, the card that is waited for, its code typed in, or the PIN.
function showLocked(part) {
  typing = part === "code-pad";
  for (const id of ["unlock", "show-card", "code-pad", "pin-pad"]) $(id).hidden = id !== part;
  $("type-card").hidden = part === "code-pad" || part === "pin-pad";
  $("gate-link").hidden = part !== "unlock";
  if ($("key-row")) $("key-row").hidden = part !== "unlock";
  clear("card-code");
  clear("pin");
  letters(false);
}

// A PIN is digits, a phrase letters: the keys for both.
function letters(wanted) {
  $("pin-keys").hidden = wanted;
  $("phrase-keys").hidden = !wanted;
  $("pin-letters").dataset.text = wanted ? "digits" : "letters";
  $("pin-letters").textContent = t("labels", $("pin-letters").dataset.text);
}

async function poll() {
  if (body.dataset.mode !== "open") return;
  try {
    state = await ask("state");
    render();
  } catch (error) {
    message(error.table || "errors", error.table ? error.message : "failed");
  }
}

function render() {
  if (!state || JSON.stringify(state) === shown) return;
  shown = JSON.stringify(state);
  $("place").replaceChildren(ideas([state.place[language], state.gate], "span"));
  $("direction").hidden = !state.switch;
  for (const one of document.querySelectorAll("[data-direction]"))
    one.setAttribute("aria-pressed", one.dataset.direction === state.direction);
  $("time").textContent = state.time;
  $("unsure").hidden = state.sure;
  if ($("network")) $("network").hidden = !state.roles.includes("supervisor");
  fill($("day"), state.days.map((day) => [day, day]));
  renderSeats();
  const list = $("list");
  renderLast(state.answers[0]);
  list.replaceChildren(...state.answers.slice(1).map(answerRow));
  if (!state.answers.length) list.append(element("li", t("labels", "nothing_yet"), { className: "none" }));
}

function renderSeats() {
  document.querySelector("nav [data-tab=count]").hidden = state.prints;
  if (state.prints && body.dataset.tab === "count") { body.dataset.tab = "answers"; press(); }
  const lines = [state.seats === null ? t("labels", "no_capacity") : filled("seats_left", { n: state.seats })];
  const others = Object.entries(state.seats_elsewhere);
  if (others.length) lines.push(filled("seats_elsewhere", { doors: listed(others.map(([gate, n]) => `${gate} ${n}`)) }));
  $("seats").replaceChildren(ideas(lines));
  fill($("area"), state.areas.map((one) => [one.id, one.name[language]]));
}

function fill(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", text, { value })));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

// Names of isolates are kept together by the browser's own rules here; their marks are not to be seen.
function plain(text) {
  return text.replace(/[\u2068\u2069]/g, "");
}

function renderLast(one) {
  const last = $("last");
  last.hidden = !one;
  if (!one) return;
  if (heard !== null && one.number > heard) sound(one.opens);
  heard = one.number;
  last.dataset.verdict = one.verdict;
  last.classList.toggle("undone", one.undone);
  last.querySelector(".mark").textContent = MARKS[one.verdict];
  const [headline, ...next] = one.says[language];
  const what = last.querySelector(".what");
  what.replaceChildren();
  if (one.name) what.append(element("b", one.name), element("small", one.organisation));
  what.append(element("p", one.opens ? t("reasons", one.reason) : plain(headline), { className: "reason" }));
  if (!one.opens) what.append(ideas(next.map(plain)));
  what.append(ideas([...facts(state.last), one.at, one.receipt, ...(one.undone ? [t("labels", "undone")] : [])], "small"));
  last.querySelector(".actions").replaceChildren(...actionsOf(one));
}

// Ticket, booking, inside or not.
function facts(known) {
  if (!known) return [];
  const found = known.ticket ? [known.ticket[language]] : [];
  if (known.booked.length) {
    const names = known.booked.slice(0, BOOKED).map((one) => one[language]);
    const more = known.booked.length - names.length;
    found.push(filled("booked", { sessions: listed(more ? [...names, filled("more_booked", { n: more })] : names) }));
  }
  if (known.inside) found.push(filled("inside", { area: known.inside[language], time: known.since || "" }));
  else if (known.ticket) found.push(t("labels", "outside"));
  return found;
}

function actionsOf(one) {
  if (one.may_print) return printActions({ number: one.number });
  if (one.may_let_in)
    return [element("button", t("labels", "let_in"), { onclick: () => because("whys", (why) => letIn(one, why)) })];
  if (one.opens && !one.undone)
    return [element("button", t("labels", "undo"), { onclick: () => because("undo_whys", (why) => undo(one, why)) })];
  return [];
}

const reason = (one) => (one.cancelled ? filled("cancelled", { session: one.cancelled[language] })
  : t(one.direction === "print" ? "print_reasons" : "reasons", one.reason));

// Several things in a line, a mark between each two of a line.
function ideas(all, tag = "p") {
  const made = element(tag, "", { className: "ideas" });
  made.append(...all.filter(Boolean).map((one) => element("span", one, { className: "idea" })));
  return made;
}

function answerRow(one) {
  const row = element("li");
  row.dataset.verdict = one.verdict;
  row.classList.toggle("undone", one.undone);
  const what = element("div", "", { className: "what" });
  const way = t("labels", one.direction);
  what.append(ideas([one.name, reason(one)], "div"),
    ideas([one.at, way, one.receipt, one.undone ? t("labels", "undone") : ""], "small"));
  const actions = element("div", "", { className: "actions" });
  actions.append(...actionsOf(one));
  row.append(element("span", MARKS[one.verdict], { className: "mark" }), what, actions);
  return row;
}

function because(table, then) {
  $("whys").replaceChildren(...Object.keys(words[table]).map((why) => element("button", t(table, why), {
    onclick: () => { $("why").close(); attempt(() => then(why)); },
  })));
  $("why").showModal();
}

async function letIn(one, why) {
  await ask("let-in", { number: one.number, why });
  poll();
}

// A badge is named by the number of its code here, or by itself where its owner was found by name.
function printActions(one) {
  return [
    element("button", t("labels", "print"), { onclick: () => because("print_whys", (why) => print({ ...one, why })) }),
    element("button", t("labels", "respell"), { onclick: () => attempt(() => respell(one)) }),
  ];
}

async function print(what) {
  await ask("print", what);
  message("labels", "print_sent", true);
  body.dataset.tab = "answers";
  press();
  clearFound();
  poll();
}

async function respell(one) {
  const { name } = await ask("badge-name", one);
  $("name").value = name;
  capitals(false);
  $("spelling-print").onclick = () => {
    $("spelling").close();
    attempt(() => print({ ...one, why: "misspelt", name: $("name").value }));
  };
  $("spelling").showModal();
}

// The keys put their letter where the cursor is, as a keyboard does.
function typeName(one) {
  const field = $("name");
  if (one === "⇧") return capitals(!shifted);
  const [from, to] = [field.selectionStart, field.selectionEnd];
  if (one === "⌫") field.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
  else field.setRangeText(one === "_" ? " " : shifted ? one.toUpperCase() : one, from, to, "end");
  capitals(false);
}

let shifted = false;
function capitals(wanted) {
  shifted = wanted;
  for (const one of $("name-keys").children) if (/^[a-z]$/i.test(one.textContent)) one.textContent = wanted ? one.textContent.toUpperCase() : one.textContent.toLowerCase();
}

async function undo(one, why) {
  await ask("undo", { number: one.number, why });
  message("labels", "undone", true);
  poll();
}

async function present(who) {
  await ask("ask", who);
  body.dataset.tab = "answers";
  press();
  clearFound();
  poll();
}

let searching = 0;
function search() {
  clearTimeout(searching);
  searching = setTimeout(() => attempt(find), 250);
}

function clearFound() {
  $("query").value = "";
  people = null;
  $("found").replaceChildren(element("p", t("labels", "find_hint"), { className: "hint" }));
}

async function find() {
  const query = $("query").value.trim();
  if (!query) return clearFound();
  // Eight characters, and a check character or none, may be a badge's code; with letters alone they may be a name.
  const maybe = /^[0-9a-z]{4}-?[0-9a-z]{4}-?[0-9a-z*~$=]?$/i.test(query);
  if (maybe && /[\d-]/.test(query)) {
    people = await byCode(query);
  } else {
    people = await ask("search", { query });
    if (maybe && !people.people.length) people = await byCode(query).then((one) => (one.code.ticket ? one : people), () => people);
  }
  renderFound();
}

async function byCode(code) {
  const one = await ask("code", { code });
  return { people: [one], total: 1, near: false, code: one };
}

function renderFound() {
  const { people: found, total, near, code } = people;
  $("found").replaceChildren(...found.map(personRow));
  if (code && !code.ticket) $("found").prepend(element("p", t("labels", "code_unknown"), { className: "careful" }));
  else if (code && !code.sure) $("found").prepend(element("p", t("labels", "ask_back"), { className: "careful" }));
  if (!found.length) $("found").append(element("p", t("labels", "nobody")));
  else if (near) $("found").prepend(element("p", t("labels", "near")));
  if (total > found.length) $("found").append(element("p", t("labels", "more").replace("{n}", total)));
}

function personRow(one) {
  const row = element("div", "", { className: "person" });
  const who = element("div", "");
  const known = facts(one);
  who.append(element("b", one.name || one.code), ideas([one.organisation, one.name && one.code], "small"),
    ideas(known.length ? known : [t("reasons", "unknown")], "small"));
  const actions = element("div", "", { className: "actions" });
  if (one.printed) {
    who.append(element("small", t("print_reasons", one.printed)));
    actions.append(...printActions({ badge: one.badge }));
  } else {
    actions.append(element("button", t("labels", "present"), { onclick: () => attempt(() => present({ badge: one.badge })) }));
  }
  row.append(who, actions);
  return row;
}

function keys(id, characters, press) {
  $(id).replaceChildren(...[...characters].map((one) => element("button", one === "_" ? "␣" : one, {
    type: "button", onclick: () => press(one), className: one === "_" ? "wide" : "" })));
  for (const one of $(id).children) one.dataset.key = one.textContent;
}

function pad(id, characters, most, show) {
  keys(id, characters, (one) => type(show, one, most));
}

function type(field, one, most) {
  if (one === "⌫") typed[field] = typed[field].slice(0, -1);
  else if (typed[field].length < most) typed[field] += one === "_" ? " " : one;
  $(field).textContent = field === "pin" ? "•".repeat(typed.pin.length)
    : field === "card-code" ? (typed[field].match(/.{1,5}/g) || []).join(" ") : typed[field];
}

// A keyboard, where the kiosk has one, types what the keys on the screen do.
function typedKey(event) {
  const field = !$("pin-pad").hidden ? "pin" : typing ? "card-code" : null;
  if (field === null || body.dataset.mode === "open" || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter") $(field === "pin" ? "pin-enter" : "code-enter").click();
  else if (event.key === "Backspace") type(field, "⌫", 0);
  else if (event.key.length === 1) typeOne(field, event.key);
  else return;
  event.preventDefault();
}

function typeOne(field, character) {
  if (field === "pin") type("pin", character, MOST.pin);
  else if (/[0-9a-z]/i.test(character)) type("card-code", character.toUpperCase(), MOST["card-code"]);
}

function clear(field) {
  typed[field] = "";
  $(field).textContent = "";
}

function press() {
  for (const one of document.querySelectorAll("[data-tab]:not(body)"))
    one.setAttribute("aria-pressed", one.dataset.tab === body.dataset.tab);
}

async function unlock() {
  showLocked("show-card");
  try {
    await ask("card", {});
    if (!$("show-card").hidden) showLocked("pin-pad");
  } catch (error) {
    if ($("show-card").hidden) return; // its code is being typed meanwhile
    showLocked("unlock");
    throw error;
  }
}

async function enterCode() {
  await ask("card", { code: typed["card-code"], typed: true });
  showLocked("pin-pad");
}

async function enterPin() {
  const pin = typed.pin;
  clear("pin");
  const { outdated } = await ask("unlock", { pin });
  if (outdated) message("labels", "outdated");
  body.dataset.mode = "open";
  body.dataset.tab = "answers";
  press();
  await poll();
}

pad("pin-keys", "123456789⌫0", MOST.pin, "pin");
pad("phrase-keys", "1234567890qwertyuiopasdfghjkl-zxcvbnm_⌫", MOST.pin, "pin");
pad("code-keys", "1234567890QWERTYPASDFGHJKZXCVBNM⌫", MOST["card-code"], "card-code");
pad("count-keys", "123456789⌫0", 6, "counted");
pad("clock-keys", "123⌫456:7890", 5, "new-time");
keys("letter-keys", "1234567890QWERTYUIOPASDFGHJKL-ZXCVBNM_⌫", (one) => {
  const query = $("query");
  query.value = one === "⌫" ? query.value.slice(0, -1) : query.value + (one === "_" ? " " : one);
  search();
});
keys("name-keys", "qwertyuiopasdfghjkl'⇧zxcvbnm-⌫_", typeName);
for (const one of $("name-keys").children) one.onmousedown = (event) => event.preventDefault(); // the cursor stays
$("spelling-cancel").onclick = () => $("spelling").close();
$("query").oninput = search;
$("unlock").onclick = () => attempt(unlock);
$("pin-enter").onclick = () => attempt(enterPin);
$("pin-cancel").onclick = $("code-cancel").onclick = () => { attempt(() => ask("lock", {})); lockedNow(); };
$("pin-letters").onclick = () => { clear("pin"); letters($("phrase-keys").hidden); };
$("type-card").onclick = () => { message(); showLocked("code-pad"); };
$("code-enter").onclick = () => attempt(enterCode);
addEventListener("keydown", typedKey);
$("lock").onclick = () => attempt(async () => {
  lockedNow();
  await ask("lock", {});
  location.assign("/");
});
$("why-cancel").onclick = () => $("why").close();
$("recount").onclick = () => attempt(async () => {
  if (!typed.counted) return;
  await ask("recount", { area: $("area").value, inside: Number(typed.counted) });
  clear("counted");
  message("labels", "recorded", true);
});
$("set-time").onclick = () => attempt(async () => {
  const hour = typed["new-time"].padStart(5, "0");
  await ask("time", { time: `${$("day").value}T${hour}` });
  clear("new-time");
  message("labels", "recorded", true);
  poll();
});
if ($("network")) $("join-network").onclick = () => attempt(async () => {
  const asked = ask("network", {});
  message("labels", "show_network", true);
  clearTimeout(fading); // it stands until somebody knows more
  const { outcome } = await asked;
  message("network", outcome, outcome === "wifi_joined");
});
for (const one of document.querySelectorAll("[data-direction]"))
  one.onclick = () => attempt(async () => { await ask("direction", { direction: one.dataset.direction }); poll(); });
for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => { language = one.dataset.language; localStorage.setItem("language", language); translatePage(); };
for (const one of document.querySelectorAll("nav [data-tab]"))
  one.onclick = () => { body.dataset.tab = one.dataset.tab; message(); press(); };
setInterval(poll, POLL_MS);
body.dataset.tab = "answers";
translatePage();
// A reload of the page finds the door still unlocked by the cookie that only it has.
ask("state").then((found) => { body.dataset.mode = "open"; state = found; press(); render(); }).catch(() => {});
