// A page as a sheet over this one: fetched as a fragment, its forms sent the same way.
// Closing gives the focus back to what opened it.

import { watchOrder } from "./order.js";

const AS_FRAGMENT = { Accept: "text/html; fragment=1" };

async function fill(body, answer) {
  const html = await answer.text();
  const parsed = new DOMParser().parseFromString(html, "text/html");
  body.replaceChildren(...parsed.body.childNodes);
  const alert = body.querySelector("[data-focus], h2");
  if (alert) {
    alert.tabIndex = -1;
    alert.focus();
  }
  watchOrder(body, () => load(body, body.dataset.address));
}

async function load(body, address, options = {}) {
  try {
    const answer = await fetch(address, { credentials: "same-origin", headers: AS_FRAGMENT, ...options });
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error("no page");
    await fill(body, answer);
  } catch {
    const note = document.createElement("p");
    note.className = "notice notice--error";
    note.setAttribute("role", "alert");
    note.textContent = "The marketplace cannot be reached. What you typed is still here; try again.";
    body.prepend(note);
  }
}

export function openSheet(address, label) {
  const dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.setAttribute("aria-label", label);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "sheet__close";
  close.textContent = "Close";
  const body = document.createElement("div");
  body.className = "sheet__body";
  body.dataset.address = address;
  dialog.append(close, body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname !== new URL(address, location.href).pathname) return;
    event.preventDefault();
    const sent = new FormData(event.target);
    const button = event.target.querySelector("button[type=submit]");
    button.disabled = true;
    load(body, event.target.action, { method: "POST", body: new URLSearchParams(sent) })
      .finally(() => { button.disabled = false; });
  });
  document.body.append(dialog);
  dialog.showModal();
  load(body, address);
  return dialog;
}
