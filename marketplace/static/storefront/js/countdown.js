// Counts every <time data-countdown> down to its moment, by the server's clock.
// When it is over, the text becomes data-done and the element sends "countdown:done", once for each moment.

const URGENT_MS = 60_000;
let ahead = 0;

/** Take the marketplace's time; `at` is when it said so, by this browser's clock. */
export function setServerTime(iso, at = Date.now()) {
  const moment = Date.parse(iso);
  if (!Number.isNaN(moment)) ahead = moment - at;
}

export const serverNow = () => Date.now() + ahead;

export function formatLeft(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor((seconds % 86400) / 3600)];
  const [minutes, rest] = [Math.floor((seconds % 3600) / 60), seconds % 60];
  if (days) return `${days} d ${hours} h`;
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function tick() {
  for (const element of document.querySelectorAll('time[data-countdown]:not([data-countdown=""])')) {
    const { countdown, done, over } = element.dataset;
    const left = Date.parse(countdown) - serverNow();
    const text = left > 0 ? formatLeft(left) : done || formatLeft(0);
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle("is-urgent", left > 0 && left < URGENT_MS);
    if (left <= 0 && over !== countdown) {
      element.dataset.over = countdown;
      element.dispatchEvent(new CustomEvent("countdown:done", { bubbles: true }));
    }
  }
}

export function startCountdowns() {
  const meta = document.querySelector('meta[name="server-time"]');
  const [{ responseStart }] = performance.getEntriesByType("navigation");
  if (meta) setServerTime(meta.content, performance.timeOrigin + responseStart);
  tick();
  setInterval(tick, 250);
}
