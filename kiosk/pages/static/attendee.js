"use strict";
// Lays out whatever screen the door puts up, and says so when the door is not to be heard.

// The languages that there are, and their tags: as the buttons have them.
const LANG = Object.fromEntries([...document.querySelectorAll("[data-language]")].map((one) => [one.dataset.language, one.lang]));
// Tones by [frequency in Hz, seconds on, seconds off, times]; the same rhythm as the buzzer of a door. Whoever leaves
// hears a lower one than whoever comes in.
const TONES = {
  admit: [880, 0.12, 0.1, 1], flagged: [880, 0.12, 0.1, 2], ask: [660, 0.12, 0.1, 2],
  refuse: [330, 0.7, 0.1, 1], fault: [440, 0.06, 0.06, 5], fire: [990, 0.4, 0.2, 4],
};
const OUT_HZ = 587;
const CHOICE_MS = 20000; // a language that somebody chose is theirs for so long
const SMALLEST = 0.3;
const STEP = 0.04;
const WHOLE = 0.5; // down to this size words stay whole
const KINDS = 200; // of texts whose size is remembered
const MOVE_MS = 1600; // the badge of a resting screen goes up and down
const HOLD_MS = 2000; // whoever holds the title for so long is of the staff
const words = JSON.parse(document.body.dataset.words);
const LARGEST = { one: 1.64, several: 1.24 };
const body = document.body;
const lost = JSON.parse(body.dataset.lost);
const beatMs = Number(body.dataset.beat);
const $ = (id) => document.getElementById(id);
let heardAt = Date.now();
let last = null;
let shown = "";
let shownIn = null;
let showing = 0; // how many screens and choices of a language were shown
let source = null;
let audio = null;
let chosen = null;
let forget = 0;

function element(tag, text, lang) {
  const made = document.createElement(tag);
  if (lang) made.lang = LANG[lang];
  return fill(made, text);
}

// What stands between the marks of an isolate is kept on one line.
function fill(made, text) {
  for (const part of text.split(/(\u2068[^\u2069]*\u2069)/)) {
    if (!part.startsWith("\u2068")) { made.append(part); continue; }
    const kept = document.createElement("bdi");
    kept.textContent = part.slice(1, -1);
    made.append(kept);
  }
  return made;
}

function render(screen) {
  const what = JSON.stringify(screen);
  const again = what === shown;
  if (again && chosen === shownIn) return;
  [shown, shownIn] = [what, chosen];
  showing += 1;
  body.dataset.tone = screen.tone;
  body.dataset.state = screen.state;
  for (const shape of document.querySelectorAll("[data-shape]"))
    shape.style.display = shape.dataset.shape === screen.shape ? "inline" : "none";
  const mine = (parts) => parts.filter((one) => one.language === chosen);
  const say = mine(screen.each).concat(mine(screen.say))[0];
  const parts = say ? [say] : screen.say;
  const title = mine(screen.title).concat(screen.title)[0];
  putTitle(title);
  $("camera").toggleAttribute("hidden", screen.tone !== "idle" || !body.dataset.camera);
  body.dataset.preview = screen.preview ? "yes" : "no";
  $("gate").textContent = screen.gate;
  $("say").replaceChildren(...parts.map(section));
  $("facts").replaceChildren(...(say ? [] : screen.facts).map((fact) => element("span", fact)));
  $("facts").hidden = Boolean(say) || !screen.facts.length;
  $("way").toggleAttribute("hidden", !screen.arrow);
  $("screen").classList.toggle("pointing", Boolean(screen.arrow));
  $("way").dataset.arrow = screen.arrow || "";
  $("receipt").textContent = screen.receipt;
  $("cause").textContent = screen.cause;
  $("staff").hidden = !screen.staffed;
  ask(screen.question, parts[0].language);
  $("languages").hidden = !languagesHelp(screen);
  for (const one of document.querySelectorAll("[data-language]"))
    one.setAttribute("aria-pressed", parts.length === 1 && parts[0].language === one.dataset.language);
  fit(textKind(screen, parts));
  if (!again && (screen.state === "answer" || screen.tone === "fire")) afterPaint(() => sound(screen));
  speak(say || parts[0], again ? 0 : length(TONES[screen.tone]));
}

// A kiosk that prints badges asks, and the person answers by touch.
function ask(question, language) {
  const answers = question ? question.answers : [];
  $("question").hidden = !question;
  $("question").lang = LANG[language];
  $("question").replaceChildren(...answers.map(([action, wording], n) => Object.assign(element("button", wording[language]), {
    className: n ? "" : "first",
    onclick: () => post("/answer", { number: question.number, action }),
  })));
}

function post(path, what) {
  fetch(path, { method: "POST", body: JSON.stringify(what), headers: { "Content-Type": "application/json", "X-Jianmen-Token": body.dataset.token } })
    .catch(() => {});
}

function languagesHelp(screen) {
  return screen.tone !== "fire" && (screen.state === "answer" ? screen.each : screen.say).length > 1;
}

// Most answers have the title that is there already, and to lay it out anew takes as long as half the answer.
let titled = "";
function putTitle(title) {
  const what = JSON.stringify(title);
  if (what === titled) return;
  titled = what;
  $("title").replaceChildren(...(title ? [titleOf(title)] : []));
}

function titleOf(title) {
  const line = element("span", "", title.language);
  line.append(element("b", title.headline), ` ${title.lines.join(" ")}`);
  return line;
}

// A resting screen says on which side the camera is.
function linesOf(one) {
  const camera = words.camera[body.dataset.camera];
  return camera && body.dataset.tone === "idle" && one.lines.length ? [camera[one.language]] : one.lines;
}

function section(one) {
  const made = element("section", "", one.language);
  made.append(element("h1", one.headline));
  if (one.name) made.append(Object.assign(element("p", one.name), { className: "name" }));
  made.append(...linesOf(one).map((line) => element("p", line)));
  return made;
}

// What the space for a text depends on: everything but the letters of a name.
function textKind(screen, parts) {
  return JSON.stringify([screen.tone, screen.arrow, screen.question, parts.map((one) => [one.language, one.headline, one.lines, one.name.length])]);
}

// As large as there is room for: long names of places and sessions make the text smaller rather than cutting it, and only
// a text that would be too small to read is broken inside a word. The size that was right for a text of this kind is tried
// first: most people get one of a few answers, and each size that is tried makes the browser lay the text out.
const sizes = new Map();
let kind = "";
function fit(now) {
  kind = now;
  measure();
  $("say").classList.toggle("several", $("say").children.length > 1);
  const last = sizes.get(kind);
  if (last) layOut(last);
  if (last && !over($("answer"))) return;
  if (sizes.size >= KINDS) sizes.clear();
  sizes.set(kind, largest());
}

function layOut({ size, small, anywhere }) {
  $("answer").style.setProperty("--size", size.toFixed(2));
  $("answer").classList.toggle("small", small);
  $("say").classList.toggle("anywhere", anywhere);
}

function largest() {
  const most = $("say").children.length > 1 ? LARGEST.several : LARGEST.one;
  $("answer").classList.add("fitting");
  const look = shrink(most, WHOLE, { small: false, anywhere: false })
    || shrink(most, WHOLE, { small: true, anywhere: false })
    || shrink(most, SMALLEST, { small: true, anywhere: true });
  $("answer").classList.remove("fitting");
  return look;
}

// Where the settings know the screen, letters and buttons have a least size in millimetres.
function measure() {
  if (!body.dataset.inches) return;
  const mm = Math.hypot(innerWidth, innerHeight) / (Number(body.dataset.inches) * 25.4);
  const set = (name, millimetres) => document.documentElement.style.setProperty(name, `${Math.ceil(millimetres * mm * 100) / 100}px`);
  set("--mm", 1);
  set("--letter", Number(body.dataset.letter));
  set("--headline", Number(body.dataset.headline));
}

// Find the largest size that fits; null: there is none, and something else is to be tried. It begins near the size of the
// last text that was looked for, and takes few tries.
const found = {};
function shrink(most, least, look) {
  const steps = Math.ceil((most - least) / STEP);
  const range = `${most} ${least}`;
  const at = (step) => ({ ...look, size: most - step * STEP });
  let [tooLarge, fitting, now] = [0, steps + 1, 0];
  const attempt = (step) => {
    now = step;
    layOut(at(step));
    if (over($("answer"))) tooLarge = step;
    else fitting = step;
  };
  // Of the last size and the next larger one, the larger is looked at first: most often it is just too large.
  for (let [step, stride] = [(found[range] || 2) - 1, 1]; step > tooLarge && step < fitting; stride *= 2) {
    attempt(step);
    step = Math.min(steps, Math.max(1, step + (tooLarge === step ? stride : -stride)));
  }
  while (fitting - tooLarge > 1) attempt(Math.floor((tooLarge + fitting) / 2));
  found[range] = Math.min(fitting, steps);
  if (now !== found[range]) layOut(at(found[range]));
  return fitting <= steps || look.anywhere ? at(found[range]) : null;
}

function over(box) {
  return box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
}

const length = (tone) => (body.dataset.sounds === "yes" && tone ? tone[3] * (tone[1] + tone[2]) : 0);

// After the tone the answer's few words, in the language that it stands in first; cut short by the next screen.
let speaking = null;
async function speak(part, after) {
  if (body.dataset.speech !== "yes") return;
  if (speaking) speaking.stop();
  speaking = null;
  if (!part.spoken.length) return;
  audio = audio || new AudioContext();
  const [at, now] = [audio.currentTime + after, showing];
  const answer = await fetch(`/spoken?language=${part.language}`, { method: "POST", headers: { "X-Jianmen-Token": body.dataset.token } }).catch(() => null);
  if (!answer || answer.status !== 200) return;
  const words = await audio.decodeAudioData(await answer.arrayBuffer());
  if (showing !== now) return;
  speaking = Object.assign(audio.createBufferSource(), { buffer: words });
  speaking.connect(audio.destination);
  speaking.start(Math.max(at, audio.currentTime));
}

// What takes time and is not to be seen. A page that is not to be seen is not painted either.
function afterPaint(what) {
  if (document.hidden) what();
  else requestAnimationFrame(() => { setTimeout(what); });
}

function sound(screen) {
  const tone = TONES[screen.tone];
  if (body.dataset.sounds !== "yes" || !tone) return;
  // A browser that waits for somebody's touch would keep every tone until then: a kiosk's does not wait.
  if (audio.state !== "running") { audio.resume().catch(() => {}); return; }
  const [hertz, on, off, times] = tone;
  for (let n = 0; n < times; n += 1) {
    const start = audio.currentTime + n * (on + off);
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    gain.gain.value = 0.2;
    oscillator.frequency.value = screen.out && screen.tone !== "refuse" ? OUT_HZ : hertz;
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + on);
  }
}

// The same screen in another language, and long enough to read it.
function choose(language) {
  chosen = language;
  clearTimeout(forget);
  if (language) {
    forget = setTimeout(() => choose(null), CHOICE_MS);
    fetch("/read-again", { method: "POST", headers: { "X-Jianmen-Token": body.dataset.token } }).catch(() => {});
  }
  if (last) render(last);
}

function heard() {
  heardAt = Date.now();
  if (last) render(last);
}

function listen() {
  if (source) source.close();
  source = new EventSource("/events");
  source.onmessage = (event) => { last = JSON.parse(event.data); heard(); };
  source.addEventListener("beat", heard);
}

for (const one of document.querySelectorAll("[data-language]"))
  one.onclick = () => choose(one.getAttribute("aria-pressed") === "true" && chosen ? null : one.dataset.language);

// Headcount, staff and gate are reached from every screen, by nobody who touches it in passing.
let holding = 0;
function openMenu() {
  for (const one of document.querySelectorAll("[data-menu]")) one.textContent = words.menu[one.dataset.menu][chosen || body.dataset.first];
  $("menu").lang = LANG[chosen || body.dataset.first];
  $("menu").showModal();
}
$("title").onpointerdown = () => { holding = setTimeout(openMenu, HOLD_MS); };
for (const end of ["pointerup", "pointerleave", "pointercancel"]) $("title").addEventListener(end, () => clearTimeout(holding));
$("title").onclick = (event) => { if (event.detail === 0) openMenu(); }; // by keyboard
$("title").oncontextmenu = () => false;
document.querySelector("[data-menu=close]").onclick = () => $("menu").close();

// A screen that says "go in" while the door is gone would be a lie.
setInterval(() => {
  const silent = Date.now() - heardAt;
  const gone = source.readyState !== EventSource.OPEN;
  if (silent > 3 * beatMs || (gone && silent > beatMs)) {
    render(lost);
    if (source.readyState === EventSource.CLOSED || silent > 6 * beatMs) listen();
  }
}, 1000);
// What moves all the time keeps the browser drawing, and an answer waits for the next of its frames.
if (!matchMedia("(prefers-reduced-motion: reduce)").matches)
  setInterval(() => { if (body.dataset.tone === "idle") body.classList.toggle("up"); }, MOVE_MS);
addEventListener("resize", () => { sizes.clear(); fit(kind); });
if (body.dataset.sounds === "yes") audio = new AudioContext();
listen();
