// Small helpers for drawing on a canvas.

export function cover(pen, picture, x, y, width, height) {
  const scale = Math.max(width / picture.naturalWidth, height / picture.naturalHeight);
  const w = picture.naturalWidth * scale;
  const h = picture.naturalHeight * scale;
  pen.drawImage(picture, x + (width - w) / 2, y + (height - h) / 2, w, h);
}

export function shade(colour) {
  const parts = [1, 3, 5].map((at) => Math.round(parseInt(colour.slice(at, at + 2), 16) * 0.86));
  return `rgb(${parts.join(" ")})`;
}

export function line(pen, fromX, fromY, toX, toY) {
  pen.beginPath();
  pen.moveTo(fromX, fromY);
  pen.lineTo(toX, toY);
  pen.stroke();
}

export function round(pen, x, y, width, height, radius) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
}
