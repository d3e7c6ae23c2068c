"use strict";
// What the camera sees, small and mirrored, with the code that it has found outlined: only while nobody is being
// answered and the page is to be seen. Nothing of it outlives the next picture.

const EVERY_MS = 200;
const GONE_MS = 1500; // a picture that no newer one has followed for so long shows somebody who may be gone
const box = document.getElementById("preview");
let seen = "";
let seenAt = 0;

async function look() {
  if (document.body.dataset.preview !== "yes" || document.hidden) return hide();
  const answer = await fetch(`/preview?seen=${seen}`, { method: "POST", headers: { "X-Jianmen-Token": document.body.dataset.token } });
  if (answer.status === 200) put(await answer.json());
  else if (answer.status !== 204 || Date.now() - seenAt > GONE_MS) hide();
}

function put(found) {
  if (document.body.dataset.preview !== "yes") return hide(); // answered in the meantime
  seen = found.taken_ms;
  seenAt = Date.now();
  box.querySelector("img").src = `data:image/jpeg;base64,${found.picture}`;
  box.querySelector("svg").setAttribute("viewBox", `0 0 ${found.width} ${found.height}`);
  box.querySelector("polygon").setAttribute("points", found.outline.map((corner) => corner.join(",")).join(" "));
  box.style.aspectRatio = `${found.width} / ${found.height}`;
  show(true);
}

function show(visible) {
  box.hidden = !visible;
  box.parentElement.classList.toggle("previewing", visible);
}

function hide() {
  if (box.hidden) return;
  seen = "";
  show(false);
  box.querySelector("img").removeAttribute("src");
}

(async () => {
  for (;;) {
    await look().catch(hide);
    await new Promise((next) => { setTimeout(next, EVERY_MS); });
  }
})();
