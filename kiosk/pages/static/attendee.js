"use strict";
// Lays out whatever screen the door puts up, and says so when the door is not to be heard.

const LANG = { en: "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans" };
// Tones by [frequency in Hz, seconds on, seconds off, times]; the same rhythm as the buzzer of a door.
const TONES = {
  admit: [880, 0.12, 0.1, 1], flagged: [880, 0.12, 0.1, 2], ask: [660, 0.12, 0.1, 2],
  refuse: [330, 0.7, 0.1, 1], fault: [440, 0.06, 0.06, 5], fire: [990, 0.4, 0.2, 4],
};
const READABLE = 0.72; // of the usual size of three languages
const TURN_MS = 2600; // a refusal stands for three of them
const body = document.body;
const lost = JSON.parse(body.dataset.lost);
const beatMs = Number(body.dataset.beat);
let heardAt = Date.now();
let last = null;
let shown = "";
let source = null;
let audio = null;
let turns = 0;

function element(tag, text, lang) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (lang) made.lang = LANG[lang];
  return made;
}

function render(screen) {
  const what = JSON.stringify(screen);
  if (what === shown) return;
  shown = what;
  body.dataset.tone = screen.tone;
  body.dataset.state = screen.state;
  for (const shape of document.querySelectorAll("[data-shape]"))
    shape.style.display = shape.dataset.shape === screen.shape ? "inline" : "none";
  const title = document.getElementById("title");
  title.replaceChildren(...screen.title.slice(0, 1).map((one) => {
    const said = element("span", "", one.language);
    said.append(element("b", one.headline), ` ${one.lines.join(" ")}`);
    return said;
  }));
  const say = document.getElementById("say");
  say.replaceChildren(...screen.say.map((one) => {
    const section = element("section", "", one.language);
    section.append(element("h1", one.headline), ...one.lines.map((line) => element("p", line)));
    return section;
  }));
  document.getElementById("receipt").textContent = screen.receipt;
  const cause = document.getElementById("cause");
  cause.textContent = screen.cause;
  document.getElementById("staff").hidden = !screen.staffed;
  fit(say);
  if (screen.state === "answer" || screen.tone === "fire") sound(TONES[screen.tone]);
}

// Long names of places and sessions make the text smaller rather than cutting it; where three languages at once would
// become too small to read, they take turns.
function fit(say) {
  clearInterval(turns);
  const parts = [...say.children];
  for (const part of parts) part.hidden = false;
  say.classList.toggle("several", parts.length > 1);
  if (shrink(say) >= READABLE || parts.length < 2) return;
  say.classList.remove("several");
  let now = 0;
  const turn = () => {
    for (const part of parts) part.hidden = part !== parts[now];
    now = (now + 1) % parts.length;
    shrink(say);
  };
  turn();
  turns = setInterval(turn, TURN_MS);
}

function shrink(say) {
  let size = 1.04;
  do {
    size -= 0.04;
    document.documentElement.style.setProperty("--size", size.toFixed(2));
  } while (size > 0.3 && (say.scrollHeight > say.clientHeight + 1 || say.scrollWidth > say.clientWidth + 1));
  return size;
}

function sound(tone) {
  if (body.dataset.sounds !== "yes" || !tone) return;
  audio = audio || new AudioContext();
  const [hertz, on, off, times] = tone;
  for (let n = 0; n < times; n += 1) {
    const start = audio.currentTime + n * (on + off);
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    gain.gain.value = 0.2;
    oscillator.frequency.value = hertz;
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + on);
  }
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

// A screen that says "welcome" while the door is gone would be a lie.
setInterval(() => {
  const silent = Date.now() - heardAt;
  const gone = source.readyState !== EventSource.OPEN;
  if (silent > 3 * beatMs || (gone && silent > beatMs)) {
    render(lost);
    if (source.readyState === EventSource.CLOSED || silent > 6 * beatMs) listen();
  }
}, 1000);
addEventListener("resize", () => fit(document.getElementById("say")));
listen();
