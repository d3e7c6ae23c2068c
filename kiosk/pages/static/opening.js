"use strict";
// The doors-open check: says "good" only of what the door has said so.

// The languages that there are, and their tags: as the buttons have them.
const LANG = Object.fromEntries([...document.querySelectorAll("[data-language]")].map((one) => [one.dataset.language, one.lang]));
const POLL_MS = 1500;
const body = document.body;
const words = JSON.parse(body.dataset.words);
const $ = (id) => document.getElementById(id);
const seen = {};
let language = localStorage.getItem("language") || body.dataset.first;
let state = null;
let signing = false;

function t(key, values) {
  const text = (words.labels[key] || words.reasons[key] || words.errors[key] || {})[language] || key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function element(tag, text, data) {
  const made = Object.assign(document.createElement(tag), { textContent: text });
  Object.assign(made.dataset, data || {});
  return made;
}

function message(text, good) {
  $("message").textContent = text;
  $("message").classList.toggle("good", Boolean(good));
}

async function ask(path, what) {
  const answer = await fetch(`/opening/${path}`, what === undefined ? {} : {
    method: "POST", body: JSON.stringify(what),
    headers: { "Content-Type": "application/json", "X-Jianmen-Token": body.dataset.token },
  }).catch(() => { throw new Error("lost"); });
  if (answer.status === 409) throw new Error((await answer.json()).why);
  if (answer.status === 403) location.reload();
  if (!answer.ok) throw new Error("failed");
  return answer.json();
}

function translatePage() {
  document.documentElement.lang = LANG[language];
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = t(one.dataset.text);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", one.dataset.language === language);
  render();
}

function render() {
  for (const row of document.querySelectorAll("[data-check]")) {
    const answer = seen[row.dataset.check];
    row.dataset.state = answer === undefined ? "not_done" : answer ? "good" : "bad";
    for (const one of row.querySelectorAll("button")) one.setAttribute("aria-pressed", String(answer) === one.dataset.answer);
  }
  $("sign").disabled = signing;
  if (!state) return;
  $("place").textContent = `${t("title")} · ${state.gate} · ${state.place[language]}`;
  $("registry").textContent = state.registry.match(/.{4}/g).join(" ");
  $("checks").replaceChildren(...Object.entries(state.checks).map(([check, found]) => element("li", t(`check.${check}`), { state: found })));
  $("badges").replaceChildren(...state.order.map((name) => badge(name, state.test_badges[name])));
  $("venue").textContent = state.venue[language];
  $("kiosks").replaceChildren(...state.kiosks.map(kiosk));
}

function badge(name, found) {
  const row = element("li", t(`case.${name}`), { state: found.state });
  if (found.state === "bad") row.append(element("small", t(found.reason)));
  return row;
}

function kiosk(one) {
  const row = element("tr", "", { mine: one.mine });
  const minutes = one.heard_ms === null ? null : Math.max(0, Math.round((state.now_ms - one.heard_ms) / 60000));
  const signed = one.checked;
  const at = signed && new Date(signed.at_ms).toLocaleTimeString(LANG[language], { hour: "2-digit", minute: "2-digit", timeZone: state.zone });
  row.append(
    element("td", one.code),
    element("td", one.place[language]),
    element("td", one.device === null ? t("no_kiosk") : minutes === null ? t("never") : t("minutes", { n: minutes })),
    element("td", one.versions.jianmen || "–"),
    element("td", signed ? (signed.good ? t("signed_good", { at }) : t("signed_bad", { at, what: signed.not_good.map(named).join(", ") })) : "–",
      { state: signed ? (signed.good ? "good" : "bad") : "not_done" }),
  );
  return row;
}

function named(check) {
  return words.labels[`check.${check}`] ? t(`check.${check}`) : t(`case.${check}`);
}

async function look() {
  try {
    state = await ask("state");
    if (!signing && $("message").dataset.lost) { message(""); delete $("message").dataset.lost; }
  } catch (error) {
    message(t(error.message));
    $("message").dataset.lost = "yes";
  }
  render();
}

$("sign").onclick = async () => {
  signing = true;
  message(t("show_card"), true);
  render();
  try {
    state = await ask("sign", seen);
    for (const check of Object.keys(seen)) delete seen[check];
    message(t("recorded"), true);
  } catch (error) {
    message(t(error.message));
  }
  signing = false;
  render();
};
for (const one of document.querySelectorAll("[data-answer]"))
  one.onclick = () => { seen[one.closest("[data-check]").dataset.check] = one.dataset.answer === "true"; render(); };
for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => { language = one.dataset.language; localStorage.setItem("language", language); translatePage(); };
translatePage();
look();
setInterval(look, POLL_MS);
