// Text that goes into HTML: titles, messages and machine names come from outside.

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);

/** `html\`<b>${text}</b>\``: what is put in is escaped, unless it is such a piece itself, or a list of them. */
export class Markup {
  constructor(text) {
    this.text = text;
  }
}

function piece(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(piece).join("");
  return value === undefined || value === null || value === false ? "" : escaped(value);
}

export const html = (strings, ...values) =>
  new Markup(strings.reduce((text, string, at) => text + piece(values[at - 1]) + string));
