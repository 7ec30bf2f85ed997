// Forms that are done once. Each carries the key of its next press: the same one until its answer is here.

export function isOnce(form) {
  return Boolean(form.elements.key);
}

// The next press of a form is another one.
export function renew(form) {
  if (!isOnce(form)) return;
  const random = crypto.getRandomValues(new Uint32Array(4));
  form.elements.key.value = `page-${[...random].map((part) => part.toString(16).padStart(8, "0")).join("")}`;
}

// Forms of a part that is drawn anew keep their keys: one of them may have been pressed and not answered yet.
export function keepKeys(here, fresh) {
  const keys = new Map([...here.querySelectorAll("form")].filter(isOnce).map((form) => [addressOf(form), form.elements.key.value]));
  for (const form of fresh.querySelectorAll("form")) {
    if (keys.has(addressOf(form))) form.elements.key.value = keys.get(addressOf(form));
  }
}

// A form as it stands on the page now, where its part was drawn anew meanwhile.
export function current(root, form) {
  return form.isConnected ? form : (root.querySelector(`form[action="${addressOf(form)}"]`) ?? form);
}

function addressOf(form) {
  return form.getAttribute("action");
}
