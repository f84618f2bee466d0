// A few lines to make elements; text goes in as text, never as markup.

/** The element with this id. */
export const the = (id) => document.getElementById(id);

/** A new element: its attributes, then its children (texts, elements, or nothing). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "look") element.dataset.look = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A term and what it says, for a list of facts; nothing where it says nothing. */
export const fact = (term, says) => (says ? make("div", {}, make("dt", {}, term), make("dd", {}, says)) : null);
