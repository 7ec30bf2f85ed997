// The host: a face and clothes that follow from the streamer's id, breathing, speaking, pointing.

import { line, round, shade } from "./pen.js";

const SKIN = ["#f3cfb0", "#e6b48d", "#c98d62", "#9a6240", "#6f4329"];
const LIPS = ["#8d2f2f", "#8d2f2f", "#8d2f2f", "#c65f58", "#c65f58"]; // in the order of SKIN, to be seen on it
const HAIR = ["#231815", "#3a2418", "#5b3a1e", "#7b4b2a", "#2b2b38", "#8a8f98"];
const CLOTHES = ["#e4573d", "#2f7f79", "#3f5fb0", "#b0477d", "#d99a2b", "#5c7f3b"];
const WALLS = [
  ["#f7d9c4", "#e8a87c"],
  ["#cfe8e4", "#7fb7ae"],
  ["#d9dcf5", "#8e97d6"],
  ["#f3d6e4", "#cf8fb2"],
  ["#f6e6c1", "#d9b25f"],
  ["#dce9cc", "#9abf78"],
];

export function lookOf(id) {
  const digits = [...String(id).slice(-12)].map((letter) => parseInt(letter, 36) || 0);
  const pick = (list, from) => list[(digits[from] * 7 + digits[from + 1]) % list.length];
  return {
    skin: pick(SKIN, 0),
    hair: pick(HAIR, 2),
    clothes: pick(CLOTHES, 4),
    wall: pick(WALLS, 6),
    style: (digits[8] + digits[9]) % 3,
    glasses: digits[10] % 3 === 0,
    plant: digits[11] % 2,
  };
}

export function drawEmptyChair(pen, look) {
  pen.fillStyle = "#3f2f27";
  round(pen, 212, 560, 236, 210, 44);
  pen.fill();
  pen.fillStyle = shade(look.clothes);
  round(pen, 236, 430, 188, 320, 78);
  pen.fill();
  pen.fillStyle = look.clothes;
  round(pen, 252, 446, 156, 300, 64);
  pen.fill();
  pen.fillStyle = "rgba(0, 0, 0, .16)";
  for (const [x, y] of [[304, 520], [356, 520], [330, 572], [304, 624], [356, 624]]) {
    pen.beginPath();
    pen.arc(x, y, 5, 0, 7);
    pen.fill();
  }
}

export function drawHost(pen, look, time, speaking) {
  const sway = Math.sin(time * 1.1) * 5;
  const breath = Math.sin(time * 1.9) * 3;
  pen.save();
  pen.translate(330 + sway, 0);
  drawBody(pen, look, breath);
  pen.translate(0, Math.sin(time * 1.9) * 2);
  pen.rotate(Math.sin(time * 0.9) * 0.02);
  drawHead(pen, look, time, speaking);
  pen.restore();
  drawArms(pen, look, time, speaking, sway);
}

function drawBody(pen, look, breath) {
  pen.fillStyle = look.clothes;
  pen.beginPath();
  pen.moveTo(-128, 760);
  pen.bezierCurveTo(-138, 560, -112, 512 - breath, -54, 498 - breath);
  pen.lineTo(54, 498 - breath);
  pen.bezierCurveTo(112, 512 - breath, 138, 560, 128, 760);
  pen.fill();
  pen.fillStyle = look.skin;
  round(pen, -29, 440, 58, 84, 28);
  pen.fill();
  pen.fillStyle = "rgba(255, 255, 255, .85)";
  pen.beginPath();
  pen.moveTo(-46, 500 - breath);
  pen.lineTo(0, 566);
  pen.lineTo(46, 500 - breath);
  pen.lineTo(26, 494 - breath);
  pen.lineTo(0, 534);
  pen.lineTo(-26, 494 - breath);
  pen.fill();
}

function drawHead(pen, look, time, speaking) {
  pen.fillStyle = look.hair;
  pen.beginPath();
  if (look.style === 0) round(pen, -96, 268, 192, 182, 84);
  else if (look.style === 1) round(pen, -92, 262, 184, 150, 84);
  else pen.arc(0, 262, 46, 0, 7);
  pen.fill();
  if (look.style === 2) {
    round(pen, -90, 270, 180, 120, 80);
    pen.fill();
  }
  pen.fillStyle = look.skin;
  pen.beginPath();
  pen.ellipse(-80, 388, 13, 20, 0, 0, 7);
  pen.ellipse(80, 388, 13, 20, 0, 0, 7);
  pen.fill();
  round(pen, -78, 296, 156, 180, 76);
  pen.fill();
  pen.fillStyle = look.hair;
  pen.beginPath();
  pen.moveTo(-82, 366);
  pen.bezierCurveTo(-84, 262, 84, 262, 82, 366);
  pen.bezierCurveTo(60, 326, 10, 322, -22, 330);
  pen.bezierCurveTo(-52, 336, -74, 346, -82, 366);
  pen.fill();
  drawFace(pen, look, time, speaking);
}

function drawFace(pen, look, time, speaking) {
  const blink = time && time % 4.1 < 0.13 ? 0.12 : 1;
  pen.fillStyle = "#2a1c16";
  for (const side of [-1, 1]) {
    pen.beginPath();
    pen.ellipse(side * 33, 384, 8, 10.5 * blink, 0, 0, 7);
    pen.fill();
  }
  pen.fillStyle = "rgba(226, 94, 80, .28)";
  for (const side of [-1, 1]) {
    pen.beginPath();
    pen.ellipse(side * 48, 418, 16, 9, 0, 0, 7);
    pen.fill();
  }
  pen.strokeStyle = look.hair;
  pen.lineWidth = 5;
  pen.lineCap = "round";
  const lift = speaking ? Math.sin(time * 5) * 2 : 0;
  line(pen, -46, 362 - lift, -22, 359 - lift);
  line(pen, 22, 359 - lift, 46, 362 - lift);
  if (look.glasses) drawGlasses(pen);
  const open = speaking ? 6 + Math.abs(Math.sin(time * 9.5) + Math.sin(time * 6.1) * 0.6) * 10 : 0;
  pen.fillStyle = pen.strokeStyle = LIPS[SKIN.indexOf(look.skin)];
  pen.beginPath();
  if (open) {
    pen.ellipse(0, 440, 19, open, 0, 0, 7);
    pen.fill();
  } else {
    pen.moveTo(-20, 436);
    pen.quadraticCurveTo(0, 452, 20, 436);
    pen.stroke();
  }
}

function drawGlasses(pen) {
  pen.strokeStyle = "rgba(40, 30, 26, .85)";
  pen.lineWidth = 4;
  for (const side of [-1, 1]) {
    round(pen, side * 33 - 24, 364, 48, 40, 18);
    pen.stroke();
  }
  line(pen, -9, 382, 9, 382);
}

function drawArms(pen, look, time, speaking, sway) {
  const wave = speaking ? Math.sin(time * 3.1) * 26 : Math.sin(time * 1.3) * 5;
  limb(pen, look, 330 - 110 + sway, 560, 196, 690 - wave * 0.4, 246 - wave, 640 - Math.abs(wave));
  limb(pen, look, 330 + 110 + sway, 560, 470, 700, 452, 656);
}

function limb(pen, look, x, y, elbowX, elbowY, handX, handY) {
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.strokeStyle = shade(look.clothes);
  pen.lineWidth = 52;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.quadraticCurveTo(elbowX, elbowY, (elbowX + handX) / 2, (elbowY + handY) / 2);
  pen.stroke();
  pen.fillStyle = look.skin;
  pen.beginPath();
  pen.arc(handX, handY, 27, 0, 7);
  pen.fill();
}
