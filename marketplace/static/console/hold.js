// A button that ends a show is held down, or, from the keyboard, pressed twice.

const HOLD_MS = 1500;
const ARMED_MS = 4000;

// `confirmed(form)` is called once somebody means it.
export function watchHolds(root, confirmed) {
  let timer = 0;
  let held = null;

  const release = () => {
    clearTimeout(timer);
    held?.classList.remove("con-held");
    held = null;
  };

  root.addEventListener("pointerdown", (event) => {
    const button = event.target.closest("[data-hold] button");
    if (!button || event.button !== 0) return;
    held = button;
    button.classList.add("con-held");
    label(button, "Keep holding");
    timer = setTimeout(() => {
      const form = button.form;
      release();
      confirmed(form);
    }, HOLD_MS);
  });
  for (const type of ["pointerup", "pointercancel", "pointerout"]) {
    root.addEventListener(type, (event) => {
      if (!held || (type === "pointerout" && held.contains(event.relatedTarget))) return;
      label(held, "Hold to end", ARMED_MS);
      release();
    });
  }
  root.addEventListener("contextmenu", (event) => {
    if (event.target.closest("[data-hold] button")) event.preventDefault();
  });

  root.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-hold]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-hold] button");
    if (!button || event.detail !== 0) return; // a pointer holds; only keys press
    event.preventDefault();
    if (button.dataset.armed) {
      delete button.dataset.armed;
      confirmed(button.form);
      return;
    }
    button.dataset.armed = "1";
    label(button, "Press again to end", ARMED_MS);
    setTimeout(() => delete button.dataset.armed, ARMED_MS);
  });
}

function label(button, text, back = 0) {
  const place = button.querySelector("[data-hold-label]");
  place.textContent = text;
  if (back) setTimeout(() => (place.textContent = "End show"), back);
}
