// Tiles, charts and the feed, read again every few seconds while somebody looks.

const EVERY_MS = 3000;

export function watchFigures(root, address) {
  const read = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) show(root, await answer.json());
    } catch {
      // away for a moment: the next round reads it
    }
  };
  setInterval(read, EVERY_MS);
  return read;
}

function show(root, found) {
  for (const [name, text] of Object.entries(found.tiles)) {
    for (const place of root.querySelectorAll(`[data-figure="${name}"]`)) place.textContent = text;
  }
  for (const [name, change] of Object.entries(found.momentum)) {
    const place = root.querySelector(`[data-change="${name}"]`);
    if (!place) continue;
    place.textContent = change.text;
    place.dataset.way = change.way;
  }
  for (const [name, chart] of Object.entries(found.charts)) {
    const place = root.querySelector(`[data-chart="${name}"]`);
    place?.querySelector("polyline").setAttribute("points", chart.points);
    if (place) place.querySelector("[data-highest]").textContent = chart.highest;
  }
  showFeed(root, found.feed);
}

function showFeed(root, entries) {
  const list = root.querySelector("#feed");
  if (!list) return;
  const known = new Set([...list.children].map((each) => each.dataset.order));
  list.replaceChildren(...entries.map((entry) => row(entry, known.size > 0 && !known.has(entry.id))));
  root.querySelector("#feed-empty").hidden = entries.length > 0;
}

function row(entry, isNew) {
  const item = document.createElement("li");
  item.dataset.order = entry.id;
  if (isNew) item.className = "con-new";
  const time = part("time", entry.time, "con-quiet");
  time.dateTime = entry.at;
  const what = part("span", "", "con-feed-what");
  what.append(part("b", `${entry.quantity} ×`), ` ${entry.title}`);
  item.append(time, what, part("span", entry.amount), part("span", entry.buyer, "con-feed-who"), part("span", entry.state, "con-tag"));
  return item;
}

function part(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}
