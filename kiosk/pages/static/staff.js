"use strict";
// The staff screen. It shows what the door tells it and asks for deeds; it knows nothing by itself.

const LANG = { en: "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans" };
const MARKS = { admit: "✓", admit_flagged: "↑", ask_staff: "?", refuse: "✗" };
const POLL_MS = 1000;
const body = document.body;
const words = JSON.parse(body.dataset.words);
let language = localStorage.getItem("language") || body.dataset.first;
let state = null;
let shown = "";
const typed = { pin: "", counted: "", "new-time": "" };
const $ = (id) => document.getElementById(id);

function word(table, key) {
  return (words[table][key] || {})[language] || key;
}

function element(tag, text, made) {
  const one = document.createElement(tag);
  one.textContent = text || "";
  return Object.assign(one, made || {});
}

function say() {
  document.documentElement.lang = LANG[language];
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = word("labels", one.dataset.say);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", one.dataset.language === language);
  $("query").placeholder = word("labels", "find_hint");
  shown = "";
  render();
}

function message(text, good) {
  $("message").textContent = text || "";
  $("message").classList.toggle("good", Boolean(good));
}

async function ask(path, what) {
  let answer;
  try {
    answer = await fetch(`/staff/${path}`, what === undefined ? {} : {
      method: "POST", body: JSON.stringify(what),
      headers: { "Content-Type": "application/json", "X-Jianmen-Token": body.dataset.token },
    });
  } catch {
    throw new Error(word("labels", "lost"));
  }
  if (answer.status === 409) {
    const { why } = await answer.json();
    // Left alone for long enough the door locks by itself, and the screen belongs to whoever comes next.
    if (why === "locked" && body.dataset.mode === "open") location.assign("/");
    throw new Error(word("errors", why));
  }
  if (answer.status === 403) location.reload();
  if (!answer.ok) throw new Error(word("errors", "failed"));
  return answer.json();
}

// One deed at a time; its outcome, good or bad, is the message.
async function attempt(work) {
  message("");
  try {
    await work();
  } catch (error) {
    message(error.message);
  }
}

function outcome(told) {
  message(`${MARKS[told.verdict]} ${told.says[language].join(" · ")} (${told.receipt})`, told.opens);
}

function lockedNow() {
  body.dataset.mode = "locked";
  state = null;
  shown = "";
  for (const id of ["list", "found"]) $(id).replaceChildren();
  $("query").value = "";
  $("unlock").hidden = false;
  $("pin-pad").hidden = $("show-card").hidden = true;
  $("direction").hidden = true;
  $("place").textContent = "";
}

async function poll() {
  if (body.dataset.mode !== "open") return;
  try {
    state = await ask("state");
    render();
  } catch (error) {
    message(error.message);
  }
}

function render() {
  if (!state || JSON.stringify(state) === shown) return;
  shown = JSON.stringify(state);
  $("place").textContent = `${state.place[language]} · ${state.gate}`;
  $("direction").hidden = !state.switch;
  for (const one of document.querySelectorAll("[data-direction]"))
    one.setAttribute("aria-pressed", one.dataset.direction === state.direction);
  $("time").textContent = state.time;
  $("unsure").hidden = state.sure;
  fill($("day"), state.days.map((day) => [day, day]));
  renderSeats();
  const list = $("list");
  list.replaceChildren(...state.answers.map(answerRow));
  if (!state.answers.length) list.append(element("p", word("labels", "nothing_yet")));
}

function renderSeats() {
  const lines = [];
  if (state.seats === null) lines.push(word("labels", "no_capacity"));
  else lines.push(`${word("labels", "seats_left")}: ${state.seats}`);
  const others = Object.entries(state.seats_elsewhere);
  if (others.length) lines.push(`${word("labels", "seats_elsewhere")}: ${others.map(([gate, n]) => `${gate} ${n}`).join(", ")}`);
  $("seats").textContent = lines.join(" · ");
  fill($("area"), state.areas.map((one) => [one.id, one.name[language]]));
}

function fill(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", text, { value })));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

function answerRow(one) {
  const row = element("li");
  row.dataset.verdict = one.verdict;
  row.classList.toggle("undone", one.undone);
  const what = element("div", "", { className: "what" });
  const way = word("labels", one.direction);
  what.append(element("div", [one.name, word("reasons", one.reason)].filter(Boolean).join(" · ")),
    element("small", `${one.at} · ${way} · ${one.receipt}${one.undone ? ` · ${word("labels", "undone")}` : ""}`));
  const deeds = element("div", "", { className: "deeds" });
  if (!one.opens && state.leads_in)
    deeds.append(element("button", word("labels", "let_in"), { onclick: () => because((why) => letIn(one, why)) }));
  if (one.opens && !one.undone)
    deeds.append(element("button", word("labels", "undo"), { onclick: () => because((why) => undo(one, why)) }));
  row.append(element("span", MARKS[one.verdict], { className: "mark" }), what, deeds);
  return row;
}

function because(then) {
  $("whys").replaceChildren(...Object.keys(words.whys).map((why) => element("button", word("whys", why), {
    onclick: () => { $("why").close(); attempt(() => then(why)); },
  })));
  $("why").showModal();
}

async function letIn(one, why) {
  outcome(await ask("let-in", { number: one.number, why }));
  poll();
}

async function undo(one, why) {
  await ask("undo", { number: one.number, why });
  message(word("labels", "undone"), true);
  poll();
}

async function present(who) {
  outcome(await ask("ask", who));
  body.dataset.tab = "answers";
  press();
  poll();
}

let searching = 0;
function search() {
  clearTimeout(searching);
  searching = setTimeout(() => attempt(find), 250);
}

async function find() {
  const query = $("query").value.trim();
  if (!query) return $("found").replaceChildren();
  // Nine characters with a digit among them are a badge's code; anything else is a name.
  if (/^(?=.*\d)[0-9a-z]{4}-?[0-9a-z]{4}-?[0-9a-z*~$=]$/i.test(query)) {
    const go = element("button", `${query.toUpperCase()} · ${word("labels", "present")}`, {
      onclick: () => attempt(() => present({ code: query })), className: "primary" });
    return $("found").replaceChildren(go);
  }
  const { people, total, near } = await ask("search", { query });
  $("found").replaceChildren(...people.map((one) => {
    const row = element("div", "", { className: "person" });
    const who = element("div", one.name);
    who.append(element("br"), element("small", `${one.organisation} · ${one.code}`));
    row.append(element("span"), who, element("button", word("labels", "present"), {
      onclick: () => attempt(() => present({ badge: one.badge })) }));
    return row;
  }));
  if (!people.length) $("found").append(element("p", word("labels", "nobody")));
  else if (near) $("found").prepend(element("p", word("labels", "near")));
  if (total > people.length) $("found").append(element("p", word("labels", "more").replace("{n}", total)));
}

function keys(id, characters, press) {
  $(id).replaceChildren(...[...characters].map((one) => element("button", one === "_" ? "␣" : one, {
    type: "button", onclick: () => press(one), className: one === "_" ? "wide" : "" })));
}

function pad(id, characters, most, show) {
  keys(id, characters, (one) => {
    const field = show;
    if (one === "⌫") typed[field] = typed[field].slice(0, -1);
    else if (typed[field].length < most) typed[field] += one;
    $(field).textContent = field === "pin" ? "•".repeat(typed.pin.length) : typed[field];
  });
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
  $("unlock").hidden = true;
  $("show-card").hidden = false;
  try {
    await ask("card", {});
    $("pin-pad").hidden = false;
  } catch (error) {
    $("unlock").hidden = false;
    throw error;
  } finally {
    $("show-card").hidden = true;
  }
}

async function enterPin() {
  const pin = typed.pin;
  clear("pin");
  const { outdated } = await ask("unlock", { pin });
  if (outdated) message(word("labels", "outdated"));
  body.dataset.mode = "open";
  body.dataset.tab = "answers";
  press();
  await poll();
}

pad("pin-keys", "123456789⌫0", 32, "pin");
pad("count-keys", "123456789⌫0", 6, "counted");
pad("clock-keys", "123⌫456:7890", 5, "new-time");
keys("letter-keys", "1234567890QWERTYUIOPASDFGHJKL-ZXCVBNM_⌫", (one) => {
  const query = $("query");
  query.value = one === "⌫" ? query.value.slice(0, -1) : query.value + (one === "_" ? " " : one);
  search();
});
$("query").oninput = search;
$("unlock").onclick = () => attempt(unlock);
$("pin-enter").onclick = () => attempt(enterPin);
$("pin-cancel").onclick = () => { clear("pin"); attempt(() => ask("lock", {})); lockedNow(); };
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
  message(word("labels", "recorded"), true);
});
$("set-time").onclick = () => attempt(async () => {
  const hour = typed["new-time"].padStart(5, "0");
  await ask("time", { time: `${$("day").value}T${hour}` });
  clear("new-time");
  message(word("labels", "recorded"), true);
  poll();
});
for (const one of document.querySelectorAll("[data-direction]"))
  one.onclick = () => attempt(async () => { await ask("direction", { direction: one.dataset.direction }); poll(); });
for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => { language = one.dataset.language; localStorage.setItem("language", language); say(); };
for (const one of document.querySelectorAll("nav [data-tab]"))
  one.onclick = () => { body.dataset.tab = one.dataset.tab; press(); };
setInterval(poll, POLL_MS);
body.dataset.tab = "answers";
say();
// A reload of the page finds the door still unlocked by the cookie that only it has.
ask("state").then((found) => { body.dataset.mode = "open"; state = found; press(); render(); }).catch(() => message(""));
