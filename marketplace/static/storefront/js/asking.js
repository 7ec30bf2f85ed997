// The form that asks for money back: shows only what goes with the chosen reason, and looks at files before they
// are sent. What goes with a reason stands in the page; the server judges everything once more.

const form = document.querySelector("[data-ask]");
const KINDS = ["image/png", "image/jpeg", "image/webp", "application/pdf"];

/** Offer what goes with the reason, and say whether a file is needed. */
function follow() {
  const reason = form.querySelector("[name=reason]:checked");
  if (!reason) return;
  const types = reason.dataset.types.split(" ");
  for (const radio of form.querySelectorAll("[name=type]")) {
    radio.disabled = !types.includes(radio.value);
    if (radio.disabled) radio.checked = false;
    else if (types.length === 1) radio.checked = true;
  }
  const type = form.querySelector("[name=type]:checked")?.value;
  const isShown = form.querySelector("[name=evidence]:checked") !== null;
  const needed = !isShown && reason.dataset.evidence.split(" ").includes(type);
  form.querySelector("[data-files-needed]").textContent = needed ? "(needed)" : "(optional)";
  const share = form.querySelector("[data-share-field]");
  if (share) {
    share.hidden = !("share" in reason.dataset);
    if (share.hidden) share.querySelector("input").value = "100";
  }
}

/** Return what is wrong with chosen files, a sentence each. */
function faults(files, most) {
  const wrong = (file) => {
    if (!KINDS.includes(file.type)) return `${file.name} is not a PNG, JPEG, WebP or PDF file.`;
    return file.size > most ? `${file.name} is larger than ${most / 1024 / 1024} MB.` : "";
  };
  return [...files].map(wrong).filter(Boolean);
}

if (form) {
  form.addEventListener("change", follow);
  follow();
  const files = form.querySelector("[name=files]");
  const note = form.querySelector("[data-files-note]");
  files.addEventListener("change", () => {
    const found = faults(files.files, Number(files.dataset.most));
    note.textContent = found.length ? `${found.join(" ")} Choose again.` : "";
    note.hidden = !found.length;
    if (found.length) files.value = "";
  });
}
