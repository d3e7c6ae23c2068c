// Settings: tokens, webhooks, passwords, the end of a day, a new desk key.
import { ask, attempt, confirmed, data, el, minute, note, say, table } from "./common.js";

const by = (id) => document.getElementById(id);

async function tokens() {
  const said = await attempt(() => ask("GET", "/tokens"));
  if (!said) return;
  by("tokens").replaceChildren(said.tokens.length ? table(["", "", "", ""], said.tokens.map((token) => [
    token.label, say(`account.${token.access}`), minute(token.made),
    el("button", { click: () => remove(`/tokens/${token.id}`, tokens) }, say("remove"))])) : "");
}

async function hooks() {
  const said = await attempt(() => ask("GET", "/webhooks"));
  if (!said) return;
  by("hooks").replaceChildren(said.hooks.length ? table(["", "", ""], said.hooks.map((hook) => [
    hook.url,
    hook.trouble ? el("strong", { class: "problem" }, `▲ ${hook.trouble} · ${say("hook.behind", { n: hook.behind })}`)
      : hook.behind ? say("hook.behind", { n: hook.behind }) : `● ${say("hook.even")}`,
    el("button", { click: () => remove(`/webhooks/${hook.id}`, hooks) }, say("remove"))])) : "");
}

async function remove(path, refresh) {
  await attempt(() => ask("DELETE", path));
  await refresh();
}

const on = (id, work) => by(id).addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => work(event.target));
});

on("token", async (form) => {
  const made = await ask("POST", "/tokens", { label: form.label.value, access: form.access.value });
  by("new-token").replaceChildren(`${say("token.once")} `, el("code", {}, made.token));
  form.reset();
  await tokens();
});

on("hook", async (form) => {
  const made = await ask("POST", "/webhooks", { url: form.url.value });
  by("new-hook").replaceChildren(`${say("hook.secret")} `, el("code", {}, made.secret));
  form.reset();
  await hooks();
});

on("password", async (form) => {
  await ask("POST", "/password", { account: form.account.value, password: form.password.value });
  form.reset();
  note(`✓ ${say("password.done")}`);
});

by("close").day.append(...data.days.map((day) => el("option", {}, day)));
on("close", async (form) => {
  const day = form.day.value;
  if (!(await confirmed(say("close.sure", { day })))) return;
  const said = await ask("POST", "/days/close", { day });
  note(said.drained ? `✓ ${say("close.drained", { day })}`
    : say("close.not_drained", { day, kiosks: said.silent.map((kiosk) => kiosk.gate ?? kiosk.device.slice(0, 8)).join(", ") }), !said.drained);
});

on("desk", async () => {
  if (!(await confirmed(say("desk.sure")))) return;
  const said = await ask("POST", "/desk-key", {});
  note(`✓ ${say("desk.done", { n: said.cards })}`);
});

tokens();
hooks();
