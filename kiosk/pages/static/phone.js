"use strict";
// On a paired phone: its camera reads codes where the browser can, and sends the text; it decides nothing. At the kiosk:
// the code with which a phone is paired.

const SAME_MS = 3000; // a code that stays in view is sent once
const LOOK_MS = 120;

function readsCodes() {
  return "BarcodeDetector" in window && navigator.mediaDevices && navigator.mediaDevices.getUserMedia;
}

// Show what the camera sees until a code is read or somebody closes it; its text, or null.
async function look() {
  const dialog = $("looking");
  const video = dialog.querySelector("video");
  const detector = new BarcodeDetector();
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  dialog.showModal();
  try {
    await video.play();
    while (dialog.open) {
      const [found] = await detector.detect(video).catch(() => []);
      if (found && found.rawValue) return found.rawValue;
      await new Promise((next) => { setTimeout(next, LOOK_MS); });
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    dialog.close();
  }
}

let sent = "";
let sentAt = 0;
async function scanOne() {
  const code = await look();
  if (!code || (code === sent && Date.now() - sentAt < SAME_MS)) return;
  [sent, sentAt] = [code, Date.now()];
  await ask("scan", { code });
  body.dataset.tab = "answers";
  press();
  await poll();
}

async function unlockHere() {
  const typed = $("key-code").value.trim();
  const code = typed || (readsCodes() ? await look() : "");
  if (!code && !readsCodes()) {
    $("key-code").focus();
    throw new Refused("labels", "type_card");
  }
  if (!code) return;
  await ask("card", { code });
  $("key-code").value = "";
  showLocked("pin-pad");
}

// The code is gone from the screen when it is no longer good.
let expires = 0;
async function pairOne() {
  const found = await ask("phone", {});
  const dialog = $("pairing");
  clearTimeout(expires);
  expires = setTimeout(() => dialog.close(), found.minutes * 60_000);
  dialog.querySelector("img").src = found.picture;
  dialog.querySelector("code").textContent = found.fingerprint.match(/.{4}/g).join(" ");
  dialog.showModal();
}

if (body.dataset.phone === "yes") {
  $("unlock").onclick = () => attempt(unlockHere);
  $("scan").onclick = () => attempt(scanOne);
  $("stop-looking").onclick = () => $("looking").close();
  $("scanner").hidden = !readsCodes();
} else {
  $("add-phone").onclick = () => attempt(pairOne);
  $("pairing-close").onclick = () => $("pairing").close();
}
