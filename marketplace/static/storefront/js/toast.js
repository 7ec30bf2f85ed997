// Short messages at the edge of the page, above any sheet; the region is a live one, so they are read out.

const SHOWN_MS = 7_000;

/** Show a message; `kind` is info, success or error. */
export function toast(message, kind = "info") {
  const region = document.getElementById("toasts");
  const element = document.createElement("p");
  element.className = `toast toast--${kind}`;
  element.textContent = message;
  if (region.matches(":popover-open")) region.hidePopover(); // to come back above a sheet opened since
  region.showPopover();
  region.append(element);
  setTimeout(() => {
    element.remove();
    if (!region.childElementCount) region.hidePopover();
  }, SHOWN_MS);
}
