// What all pages share: words, the way to the public interface, times, and small pieces of page.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const WORDS = read("words");
export const data = read("data");
const PAGE_TOKEN = document.querySelector('meta[name="page-token"]').content;
const numbers = new Intl.NumberFormat(data.language);

/** The words of a key, with what stands in braces put in. A number called n chooses `key.one` where it is 1. */
export function t(key, values = {}) {
  const text = (values.n === 1 && WORDS[`${key}.one`]) || WORDS[key] || key;
  return text.replace(/\{(\w+)\}/g, (_, name) =>
    typeof values[name] === "number" ? count(values[name]) : values[name] ?? "");
}

export const has = (key) => key in WORDS;
/** Several things in one line, as the reader's language parts them. */
export const listed = (names) => names.join(data.language === "en" ? ", " : "、");
/** A title before what it is the title of. */
export const titled = (text) => (data.language === "en" ? `${text}: ` : `${text}：`);
export const count = (number) => numbers.format(number);
export const placeName = (id) => data.places[id] ?? id ?? "";
/** A room with its venue: several venues have a seminar room. */
export const fullPlace = (area, venue) => (!venue || area === venue ? placeName(area) : `${placeName(venue)} · ${placeName(area)}`);
/** People a minute, as far as it matters to anybody. */
export const rate = (number) => (number > 0 && number < 1 ? "<1" : count(Math.round(number)));
/** Whether anybody counts there: a kiosk, or one that did. */
export const counted = (area) => area.kiosks > 0 || area.inside > 0 || area.entries > 0;

/** An element; attributes that are true, text or functions (listeners), then children. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** Ask the public interface. Throws an Error whose text is for people; its `mistakes` are lines, its
 * `changed` the fields that somebody else changed meanwhile, its `status` is HTTP's. */
export async function ask(method, path, body) {
  const options = { method, headers: { "X-Jianmen-Token": PAGE_TOKEN } };
  if (body instanceof Blob) {
    options.body = body;
    options.headers["Content-Type"] = "text/csv";
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(`/api/v1${path}`, options);
  const answer = await response.json().catch(() => ({ error: `${response.status}` }));
  if (response.status === 401) location.assign(`/login?next=${location.pathname}`);
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status, mistakes: answer.mistakes ?? [], changed: answer.changed ?? [] });
  return answer;
}

/** The wall time of an instant, in the event's zone, which the registry has written it in. */
export const clock = (instant) => instant.slice(11, 19);
export const minute = (instant) => `${instant.slice(5, 10)} ${instant.slice(11, 16)}`;

/** How long before `now` (ms) an instant was. */
export function ago(instant, now) {
  const s = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  if (s < 10) return t("ago.now");
  if (s < 90) return t("ago.s", { n: s });
  if (s < 90 * 60) return t("ago.min", { n: Math.round(s / 60) });
  if (s < 36 * 3600) return t("ago.h", { n: Math.round(s / 3600) });
  return t("ago.d", { n: Math.round(s / 86400) });
}

/** Ask a person: yes or no (true, null), or with `input` a text (null: cancelled). */
export function confirmed(text, input = null, type = "text") {
  const dialog = document.getElementById("ask");
  const field = dialog.querySelector("input");
  dialog.querySelector("p").textContent = text;
  field.hidden = input === null;
  field.value = input ?? "";
  field.type = type;
  field.required = input !== null;
  dialog.returnValue = "no";
  dialog.showModal();
  if (input !== null) field.focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") done(null);
      else done(input === null ? true : field.value.trim() || null);
    }, { once: true });
  });
}

/** Say how something went, at the top of the page. */
export function note(text, bad = false) {
  const line = document.getElementById("note");
  line.textContent = bad ? `▲ ${text}` : text;
  line.className = bad ? "problem" : "good";
}

/** Do something, and say so if it fails. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    note(t("error", { why: [error.message, ...(error.mistakes ?? []).slice(0, 5)].join(" ") }), true);
    return undefined;
  }
}

/** A table whose rows become cards on a phone: each cell knows its column's name. */
export function table(columns, rows) {
  return el("table", {},
    columns.some(Boolean) && el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name || el("span", { class: "unseen" }, t("actions")))))),
    el("tbody", {}, ...rows.map((cells) =>
      el("tr", { class: cells.className }, ...cells.map((cell, at) => el("td", { "data-column": columns[at] }, cell))))));
}

/** The alarms of the last day. */
export function alarms(list) {
  if (!list.length) return el("p", { class: "quiet" }, t("no_alarms"));
  return el("ul", { class: "alarms" }, ...list.slice(0, 20).map((alarm) =>
    el("li", {}, el("strong", {}, `▲ ${has(`alarm.${alarm.what}`) ? t(`alarm.${alarm.what}`) : alarm.what.replaceAll("_", " ")}`), ` ${data.gates.find((gate) => gate.id === alarm.gate)?.code ?? ""} ${alarm.gate ?? alarm.device.slice(0, 6)} · ${minute(alarm.at)} `,
      data.language === "en" || !has(`alarm.${alarm.what}`) ? el("span", { class: "quiet", lang: "en" }, alarm.detail) : "")));
}

// On a phone the pages stand side by side in a bar that is longer than the screen: this one is to be seen.
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
