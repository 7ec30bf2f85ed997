// What is held into the picture: the parcel, the deal's fuse, the stamp, hearts.

import { line, round } from "./pen.js";

export function drawParcel(pen, look, label) {
  pen.fillStyle = look.wall[0];
  pen.fillRect(-86, -94, 172, 172);
  pen.fillStyle = "#c89766";
  round(pen, -52, -56, 104, 96, 8);
  pen.fill();
  pen.fillStyle = "#e9c79d";
  pen.fillRect(-10, -56, 20, 96);
  pen.fillStyle = "#3d2c20";
  pen.font = "600 20px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.fillText(String(label).split(" · ")[0], 0, 66, 156);
}

export function drawFuse(pen, part) {
  pen.strokeStyle = "rgba(0, 0, 0, .12)";
  pen.lineWidth = 8;
  pen.lineCap = "round";
  line(pen, -82, 91, 82, 91);
  pen.strokeStyle = part < 0.2 ? "#d02f2f" : "#e8572a";
  if (part > 0) line(pen, -82, 91, -82 + 164 * part, 91);
}

export function drawStamp(pen) {
  pen.save();
  pen.rotate(-0.28);
  pen.strokeStyle = pen.fillStyle = "#c02626";
  pen.lineWidth = 6;
  round(pen, -84, -34, 168, 54, 10);
  pen.stroke();
  pen.font = "800 29px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText("SOLD OUT", 0, -6);
  pen.restore();
}

export function drawHeart(pen, x, y, size) {
  pen.beginPath();
  pen.moveTo(x, y + size * 0.9);
  pen.bezierCurveTo(x - size * 1.5, y - size * 0.2, x - size * 0.6, y - size * 1.1, x, y - size * 0.3);
  pen.bezierCurveTo(x + size * 0.6, y - size * 1.1, x + size * 1.5, y - size * 0.2, x, y + size * 0.9);
  pen.fill();
}
