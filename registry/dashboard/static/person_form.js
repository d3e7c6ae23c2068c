// The fields of a person, for registering and for changing: name, ticket, venues, days, sessions, and fields for staff.
import { data, el, fullPlace, has, listed, placeName, t } from "./common.js";

const OWN_EXTRA = ["latin_name", "phone", "mail", "seat", "note", "attention"];

/** Whether whoever looks may give a ticket: one with a role at the doors is for admins to give. */
export const mayGive = (ticket) => data.admin || !ticket.staff;

const labelled = (text, field) => el("label", { class: "field" }, el("span", {}, text), field);

function choice(name, options, value) {
  const made = el("select", { name }, ...options.map(([id, text]) => el("option", { value: id, selected: id === value }, text)));
  return made;
}

/** Boxes of which several may be ticked; `needed`: one at least, or the form says so. */
function boxes(name, legend, options, ticked, needed = false) {
  const made = options.map(([id]) => el("input", { type: "checkbox", name, value: id, checked: ticked.includes(id), change: judge }));
  function judge() {
    made[0]?.setCustomValidity(needed && !made.some((box) => box.checked) ? t("tick_one") : "");
  }
  judge();
  return el("fieldset", { class: name }, el("legend", {}, legend), ...options.map(([, text, more], n) => el("label", { class: "tick" }, made[n], el("span", {}, ` ${text}`, ...(more ? [" ", el("small", { class: "quiet" }, more)] : [])))));
}

function whenAndWhere(session) {
  const { day, time, area, venue } = data.session_at[session];
  return `${day.slice(5)} ${time} · ${fullPlace(area, venue)}`;
}

/** The fields, filled with what is known of a person (null: nobody yet). */
export function personFields(person) {
  const extra = person?.extra ?? {};
  const booked = person?.sessions ?? [];
  const kept = data.tickets.filter((ticket) => !mayGive(ticket));
  const names = [...new Set([...OWN_EXTRA, ...Object.keys(extra)])];
  return [
    labelled(t("name"), el("input", { name: "name", value: person?.name, required: true, maxlength: 120, autocomplete: "off" })),
    labelled(t("organisation"), el("input", { name: "organisation", value: person?.organisation, maxlength: 120, autocomplete: "off" })),
    labelled(t("language"), choice("language", Object.entries(data.languages), person?.language ?? data.language)),
    labelled(t("ticket"), choice("ticket", data.tickets.filter(mayGive).map((ticket) => [ticket.id, ticket.name]), person?.ticket)),
    ...(kept.length ? [el("p", { class: "quiet" }, t("ticket.by_admin", { tickets: listed(kept.map((ticket) => ticket.name)) }))] : []),
    boxes("venues", t("venues"), data.venues.map((id) => [id, placeName(id)]), person?.venues ?? data.venues, true),
    boxes("days", t("days"), data.days.map((day) => [day, day]), person?.days ?? data.days, true),
    boxes("sessions", t("sessions"), data.session_order.filter((id) => booked.includes(id) || !data.cancelled.includes(id)).map((id) => [id, data.sessions[id], whenAndWhere(id)]), booked),
    el("details", { class: "more" }, el("summary", {}, t("extra")), ...names.map((name) =>
      labelled(has(`import.field.${name}`) ? t(`import.field.${name}`) : name,
        el("input", { name: `extra.${name}`, value: extra[name], maxlength: 500, autocomplete: "off" })))),
  ];
}

/** What the fields say, as the public interface takes it. */
export function personIn(form) {
  const ticked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
  const text = (name) => form.elements[name].value.trim();
  const extra = {};
  for (const field of form.querySelectorAll('[name^="extra."]')) {
    if (field.value.trim()) extra[field.name.slice(6)] = field.value.trim();
  }
  return {
    name: text("name"), organisation: text("organisation"), language: text("language"), ticket: text("ticket"),
    venues: ticked("venues"), days: ticked("days"), sessions: ticked("sessions"), extra,
  };
}
