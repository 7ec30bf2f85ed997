// A page as a sheet over this one: fetched as a fragment, its forms sent the same way.
// The browser keeps the focus inside; closing gives it back to what opened the sheet. The sheet is a step of the
// browser's history: going back closes it, and closing it goes back.

import { watchOrder } from "./order.js";

const RETRY_MS = 2_000;
const AS_FRAGMENT = { Accept: "text/html; fragment=1" };

/** A sheet that shows the page at an address; while it cannot, it offers to go to that page instead. */
export class Sheet {
  /** @param {string} address @param {{title: string, opener: HTMLElement}} options */
  constructor(address, { title, opener }) {
    this.address = address;
    this.opener = opener;
    this.asked = 0;
    this.hasShown = false;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "sheet";
    this.body = document.createElement("div");
    this.body.append(paragraph("soft", "One moment…"));
    this.dialog.append(this.head(title), this.body);
    this.dialog.addEventListener("submit", (event) => this.submit(event));
    this.dialog.addEventListener("click", (event) => this.click(event));
    this.dialog.addEventListener("close", () => this.closed());
    document.body.append(this.dialog);
    this.dialog.showModal();
    history.pushState({ sheet: address }, "");
    this.back = () => this.dialog.close();
    addEventListener("popstate", this.back);
    this.refresh();
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** Whether it shows a payment that is not decided yet. */
  get isWaiting() {
    return this.body.querySelector("[data-watch-payment]") !== null;
  }

  /** Whether it shows an order that is held until it is paid. */
  get isHeld() {
    return this.body.querySelector("[data-pay-by]") !== null;
  }

  /** Show the page as it is now, as soon as it can be had. */
  refresh() {
    return this.load({}, () => {
      if (!this.hasShown) this.offerPage();
      setTimeout(() => this.isOpen && this.refresh(), RETRY_MS);
    });
  }

  head(title) {
    const heading = document.createElement("h2");
    heading.id = "sheet-title";
    heading.textContent = title;
    this.dialog.setAttribute("aria-labelledby", heading.id);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button button--quiet button--small";
    close.dataset.close = "";
    close.textContent = "Close";
    const head = document.createElement("div");
    head.className = "sheet__head";
    head.append(heading, close);
    return head;
  }

  /** Fetch and show; the last one asked for is shown. `failed` hears when there was no such answer. */
  async load(options, failed) {
    const mine = ++this.asked;
    try {
      const answer = await fetch(this.address, { credentials: "same-origin", headers: AS_FRAGMENT, ...options });
      if (answer.redirected) return location.replace(answer.url); // to sign in, most likely
      if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error("no page");
      const html = await answer.text();
      if (mine === this.asked && this.isOpen) this.show(html);
    } catch {
      if (mine === this.asked && this.isOpen) failed();
    }
  }

  show(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const content = parsed.querySelector("main") ?? parsed.body; // an error is a whole page
    this.body.replaceChildren(...content.childNodes);
    this.hasShown = true;
    this.dialog.scrollTop = 0;
    const first = this.body.querySelector("[data-focus]") ?? this.dialog.querySelector("h2");
    first.tabIndex = -1;
    first.focus();
    watchOrder(this.body, () => this.refresh());
  }

  /** Close, or follow a link in the place of the sheet's own step. */
  click(event) {
    if (event.target.closest("[data-close]")) return this.dialog.close();
    const link = event.target.closest("a[href]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    location.replace(link.href);
  }

  submit(event) {
    const form = event.target;
    if (new URL(form.action).pathname !== new URL(this.address, location.href).pathname) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    if (button.ariaDisabled === "true") return; // sent already
    button.ariaDisabled = "true";
    const body = new URLSearchParams(new FormData(form));
    this.load({ method: "POST", body }, () => this.complain()).finally(() => (button.ariaDisabled = null));
  }

  offerPage() {
    const link = document.createElement("a");
    link.href = this.address;
    link.textContent = "Open it as a page";
    const note = paragraph("notice notice--wait", "The marketplace does not answer just now. It is asked again. ");
    note.append(link, ".");
    this.body.replaceChildren(note);
  }

  complain() {
    const text = "The marketplace cannot be reached. What you typed is still here; sending it again charges once.";
    const note = paragraph("notice notice--error", text);
    note.setAttribute("role", "alert");
    this.body.querySelector("[role=alert]")?.remove();
    this.body.prepend(note);
    note.scrollIntoView();
  }

  closed() {
    removeEventListener("popstate", this.back);
    if (history.state?.sheet) history.back();
    this.dialog.remove();
    if (this.opener?.isConnected) this.opener.focus();
  }
}

function paragraph(className, text) {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}
