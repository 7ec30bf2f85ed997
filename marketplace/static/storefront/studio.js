// The studio around the host: walls, window, shelves, lamps, table and light; and what moves in it.

import { line, round } from "./pen.js";

export const WIDTH = 720;
export const HEIGHT = 960; // drawn in these units, cropped to whatever the page gives it

/** Draw what stands still behind the host. */
export function drawStudio(pen, look, mood) {
  const wall = pen.createLinearGradient(0, 0, 0, 700);
  wall.addColorStop(0, look.wall[0]);
  wall.addColorStop(1, look.wall[1]);
  pen.fillStyle = wall;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = "rgba(255, 255, 255, .16)";
  for (let x = -60; x < WIDTH; x += 120) pen.fillRect(x, 0, 54, 700);
  drawWindow(pen);
  drawShelf(pen, look);
  pen.fillStyle = "#6d4a35";
  pen.fillRect(0, 700, WIDTH, HEIGHT - 700);
  drawLamp(pen, 92, 250, mood === "live");
  drawLamp(pen, 628, 250, mood === "live");
}

/** Draw what moves behind the host: a cloud goes by, leaves sway. */
export function drawBreeze(pen, look, time) {
  pen.save();
  pane(pen);
  pen.clip();
  pen.fillStyle = "rgba(255, 255, 255, .85)";
  cloud(pen, 240 + (time * 4) % 260, 118);
  pen.restore();
  drawPlant(pen, look.plant ? 74 : 640, 700, time);
}

function drawWindow(pen) {
  pen.fillStyle = "rgba(255, 255, 255, .55)";
  round(pen, 250, 60, 220, 190, 110);
  pen.fill();
  const sky = pen.createLinearGradient(0, 70, 0, 240);
  sky.addColorStop(0, "#bfe3f5");
  sky.addColorStop(1, "#f9edd2");
  pen.fillStyle = sky;
  pane(pen);
  pen.fill();
  pen.save();
  pane(pen);
  pen.clip();
  pen.fillStyle = "#8fb98a";
  hill(pen, 262, 250, 120, 60);
  pen.fillStyle = "#6fa36d";
  hill(pen, 350, 250, 140, 46);
  pen.restore();
}

function pane(pen) {
  round(pen, 262, 72, 196, 178, 98);
}

function drawShelf(pen, look) {
  pen.fillStyle = "#8a6044";
  round(pen, 500, 330, 180, 14, 6);
  pen.fill();
  round(pen, 40, 372, 150, 14, 6);
  pen.fill();
  const jars = ["#f6efe2", look.clothes, "#e8c56b", "#cfd8dc"];
  jars.forEach((colour, place) => {
    pen.fillStyle = colour;
    round(pen, 516 + place * 40, 330 - 44 - (place % 2) * 14, 30, 44 + (place % 2) * 14, 7);
    pen.fill();
    pen.fillStyle = "rgba(0, 0, 0, .18)";
    pen.fillRect(520 + place * 40, 330 - 50 - (place % 2) * 14, 22, 8);
  });
  pen.fillStyle = look.clothes;
  pen.fillRect(60, 318, 20, 54);
  pen.fillStyle = "#f6efe2";
  pen.fillRect(84, 326, 16, 46);
  pen.fillStyle = "#58707c";
  pen.fillRect(104, 312, 22, 60);
}

function drawLamp(pen, x, y, on) {
  pen.strokeStyle = "#3b332f";
  pen.lineWidth = 6;
  line(pen, x, y + 30, x, 720);
  pen.fillStyle = "#3b332f";
  round(pen, x - 46, y - 40, 92, 74, 16);
  pen.fill();
  pen.fillStyle = on ? "#fff7dd" : "#7d756d";
  round(pen, x - 36, y - 30, 72, 54, 10);
  pen.fill();
}

function drawPlant(pen, x, y, time) {
  for (let leaf = -3; leaf <= 3; leaf++) {
    pen.save();
    pen.translate(x, y - 56);
    pen.rotate(leaf * 0.33 + Math.sin(time * 0.7 + leaf) * 0.02);
    pen.fillStyle = leaf % 2 ? "#4d8a57" : "#3b7347";
    pen.beginPath();
    pen.ellipse(0, -62, 15, 66, 0, 0, 7);
    pen.fill();
    pen.restore();
  }
  pen.fillStyle = "#c46f4a";
  pen.beginPath();
  pen.moveTo(x - 40, y - 70);
  pen.lineTo(x + 40, y - 70);
  pen.lineTo(x + 30, y + 10);
  pen.lineTo(x - 30, y + 10);
  pen.fill();
}

export function drawTable(pen) {
  const top = pen.createLinearGradient(0, 700, 0, 960);
  top.addColorStop(0, "#b98a63");
  top.addColorStop(1, "#7c5539");
  pen.fillStyle = top;
  round(pen, -40, 712, WIDTH + 80, 300, 26);
  pen.fill();
  pen.fillStyle = "rgba(255, 255, 255, .22)";
  pen.fillRect(0, 712, WIDTH, 7);
}

export function drawLight(pen, mood) {
  if (mood === "live") {
    const glow = pen.createRadialGradient(360, 380, 120, 360, 420, 640);
    glow.addColorStop(0, "rgba(255, 246, 220, .16)");
    glow.addColorStop(1, "rgba(40, 20, 10, .22)");
    pen.fillStyle = glow;
  } else pen.fillStyle = "rgba(22, 16, 20, .58)";
  pen.fillRect(-WIDTH, -HEIGHT, WIDTH * 3, HEIGHT * 3);
}

function hill(pen, x, y, width, height) {
  pen.beginPath();
  pen.ellipse(x + width / 2, y, width, height, 0, 0, 7);
  pen.fill();
}

function cloud(pen, x, y) {
  pen.beginPath();
  pen.ellipse(x, y, 34, 12, 0, 0, 7);
  pen.ellipse(x + 20, y - 9, 20, 12, 0, 0, 7);
  pen.fill();
}
