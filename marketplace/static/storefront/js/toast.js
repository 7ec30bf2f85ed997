// Short messages at the edge of the page; the region is a live one, so they are read out.

export function toast(message, kind = "info") {
  const element = document.createElement("p");
  element.className = `toast toast--${kind}`;
  element.textContent = message;
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), 6000);
}
