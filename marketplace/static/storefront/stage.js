// The stage of a simulated session: a studio and a host, drawn anew for each streamer from their id.
// It shows what happens; every word that matters stands beside it in the page.

const WIDTH = 720;
const HEIGHT = 960; // drawn in these units, cropped to whatever the page gives it
const SPEECH_MS_PER_LETTER = 62;
const HEART_MS = 2_600;
const MOST_HEARTS = 40;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const SKIN = ["#f3cfb0", "#e6b48d", "#c98d62", "#9a6240", "#6f4329"];
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

export class Stage {
  /** @param {HTMLCanvasElement} canvas @param {string} streamer an id: the same one gets the same face */
  constructor(canvas, streamer) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.look = lookOf(streamer);
    this.hearts = [];
    this.pictures = new Map();
    this.scene = { mood: "before", picture: null, soldOut: false, deal: null, pinnedAt: 0 };
    this.speakingUntil = 0;
    this.draw = this.draw.bind(this);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(canvas);
    this.fit();
    STILL.addEventListener("change", () => this.refresh());
  }

  /**
   * Show a scene.
   * @param {object} scene
   * @param {"live"|"paused"|"before"|"over"} scene.mood
   * @param {string|null} scene.picture address of the pinned product's picture
   * @param {string|null} scene.label the pinned product's name, drawn when it has no picture
   * @param {boolean} scene.soldOut
   * @param {{part: number}|null} scene.deal how much of the deal's time is left, 1 to 0
   */
  show(scene) {
    if (scene.label !== this.scene.label) scene.pinnedAt = performance.now();
    this.scene = { ...this.scene, ...scene };
    if (scene.picture && !this.pictures.has(scene.picture)) this.load(scene.picture);
    this.refresh();
  }

  /** Move the mouth for as long as a sentence takes. */
  speak(text) {
    this.speakingUntil = performance.now() + Math.min(600 + text.length * SPEECH_MS_PER_LETTER, 9_000);
    this.refresh();
  }

  /** Let hearts rise. */
  like(count) {
    if (STILL.matches) return;
    const now = performance.now();
    for (let i = 0; i < Math.min(count, 6) && this.hearts.length < MOST_HEARTS; i++) {
      const hue = 340 + Math.random() * 40;
      this.hearts.push({ at: now + i * 90, x: 0.8 + Math.random() * 0.12, sway: Math.random() * 6, hue, size: 15 + Math.random() * 13 });
    }
    this.refresh();
  }

  load(address) {
    const picture = new Image();
    this.pictures.set(address, picture);
    picture.onload = () => this.refresh();
    picture.src = address;
  }

  fit() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    this.refresh();
  }

  refresh() {
    if (!this.frame) this.frame = requestAnimationFrame(this.draw);
  }

  draw(now) {
    this.frame = null;
    const moving = !STILL.matches && this.scene.mood !== "over";
    const time = moving ? now / 1000 : 0;
    const { pen, canvas } = this;
    const scale = Math.max(canvas.width / WIDTH, canvas.height / HEIGHT);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const left = (canvas.width - WIDTH * scale) / 2;
    const top = Math.min(0, (canvas.height - HEIGHT * scale) * 0.42);
    pen.setTransform(scale, 0, 0, scale, left, top);
    const speaking = moving && now < this.speakingUntil && this.scene.mood === "live";
    drawStudio(pen, this.look, time, this.scene.mood);
    if (this.scene.mood === "live") drawHost(pen, this.look, time, speaking);
    else drawEmptyChair(pen, this.look);
    drawTable(pen);
    if (this.scene.label) this.drawProduct(time, now);
    drawLight(pen, this.scene.mood);
    this.drawHearts(now, scale);
    if (moving && !document.hidden) this.refresh();
  }

  drawProduct(time, now) {
    const { pen, scene } = this;
    const picture = this.pictures.get(scene.picture);
    const ready = picture && picture.complete && picture.naturalWidth;
    const arrived = STILL.matches ? 1 : Math.min(1, (now - (scene.pinnedAt || 0)) / 420);
    const bounce = 1 - (1 - arrived) ** 3;
    pen.save();
    const seen = this.canvas.width / Math.max(this.canvas.width / WIDTH, this.canvas.height / HEIGHT);
    const x = Math.min(508, WIDTH / 2 + seen / 2 - 108);
    const y = seen < 560 ? 520 : 612; // on a phone the product's card covers the table
    pen.translate(x, y + (1 - bounce) * 60 + Math.sin(time * 1.6) * 3);
    pen.rotate(0.045 + Math.sin(time * 0.8) * 0.012);
    pen.globalAlpha = bounce;
    pen.shadowColor = "rgba(20, 12, 8, .35)";
    pen.shadowBlur = 24;
    pen.shadowOffsetY = 10;
    pen.fillStyle = "#fff";
    round(pen, -96, -104, 192, 208, 18);
    pen.fill();
    pen.shadowColor = "transparent";
    pen.save();
    round(pen, -86, -94, 172, 172, 12);
    pen.clip();
    if (ready) cover(pen, picture, -86, -94, 172, 172);
    else drawParcel(pen, this.look, scene.label);
    if (scene.soldOut) {
      pen.fillStyle = "rgba(255, 255, 255, .62)";
      pen.fillRect(-86, -94, 172, 172);
    }
    pen.restore();
    if (scene.deal && !scene.soldOut) drawFuse(pen, scene.deal.part);
    if (scene.soldOut) drawStamp(pen);
    pen.restore();
  }

  drawHearts(now, scale) {
    const { pen, canvas } = this;
    this.hearts = this.hearts.filter((heart) => now - heart.at < HEART_MS);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const width = canvas.width / scale;
    const height = canvas.height / scale;
    for (const heart of this.hearts) {
      const age = (now - heart.at) / HEART_MS;
      if (age < 0) continue;
      pen.globalAlpha = Math.min(1, (1 - age) * 1.6);
      pen.fillStyle = `hsl(${heart.hue} 85% 60%)`;
      const x = width * heart.x + Math.sin(age * 7 + heart.sway) * 16;
      drawHeart(pen, x, height * (0.82 - age * 0.6), heart.size * (0.6 + age * 0.6));
    }
    pen.globalAlpha = 1;
  }
}

function lookOf(id) {
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

function drawStudio(pen, look, time, mood) {
  const wall = pen.createLinearGradient(0, 0, 0, 700);
  wall.addColorStop(0, look.wall[0]);
  wall.addColorStop(1, look.wall[1]);
  pen.fillStyle = wall;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = "rgba(255, 255, 255, .16)";
  for (let x = -60; x < WIDTH; x += 120) pen.fillRect(x, 0, 54, 700);
  drawWindow(pen, time);
  drawShelf(pen, look);
  pen.fillStyle = "#6d4a35";
  pen.fillRect(0, 700, WIDTH, HEIGHT - 700);
  drawLamp(pen, 92, 250, mood === "live");
  drawLamp(pen, 628, 250, mood === "live");
  drawPlant(pen, look.plant ? 74 : 640, 700, time);
}

function drawWindow(pen, time) {
  pen.fillStyle = "rgba(255, 255, 255, .55)";
  round(pen, 250, 60, 220, 190, 110);
  pen.fill();
  const sky = pen.createLinearGradient(0, 70, 0, 240);
  sky.addColorStop(0, "#bfe3f5");
  sky.addColorStop(1, "#f9edd2");
  pen.fillStyle = sky;
  round(pen, 262, 72, 196, 178, 98);
  pen.fill();
  pen.save();
  round(pen, 262, 72, 196, 178, 98);
  pen.clip();
  pen.fillStyle = "#8fb98a";
  hill(pen, 262, 250, 120, 60);
  pen.fillStyle = "#6fa36d";
  hill(pen, 350, 250, 140, 46);
  pen.fillStyle = "rgba(255, 255, 255, .85)";
  const drift = (time * 4) % 260;
  cloud(pen, 240 + drift, 118);
  pen.restore();
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

function drawEmptyChair(pen, look) {
  pen.fillStyle = "#4a3a31";
  round(pen, 268, 420, 150, 290, 40);
  pen.fill();
  pen.fillStyle = look.clothes;
  round(pen, 282, 434, 122, 210, 32);
  pen.fill();
}

function drawHost(pen, look, time, speaking) {
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
  pen.fillStyle = "#8d2f2f";
  pen.strokeStyle = "#8d2f2f";
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

function drawTable(pen) {
  const top = pen.createLinearGradient(0, 700, 0, 960);
  top.addColorStop(0, "#b98a63");
  top.addColorStop(1, "#7c5539");
  pen.fillStyle = top;
  round(pen, -40, 712, WIDTH + 80, 300, 26);
  pen.fill();
  pen.fillStyle = "rgba(255, 255, 255, .22)";
  pen.fillRect(0, 712, WIDTH, 7);
}

function drawParcel(pen, look, label) {
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

function drawFuse(pen, part) {
  pen.strokeStyle = "rgba(0, 0, 0, .12)";
  pen.lineWidth = 8;
  pen.lineCap = "round";
  line(pen, -82, 91, 82, 91);
  pen.strokeStyle = part < 0.2 ? "#d02f2f" : "#e8572a";
  if (part > 0) line(pen, -82, 91, -82 + 164 * part, 91);
}

function drawStamp(pen) {
  pen.save();
  pen.rotate(-0.28);
  pen.strokeStyle = pen.fillStyle = "#c02626";
  pen.lineWidth = 6;
  round(pen, -92, -36, 184, 58, 10);
  pen.stroke();
  pen.font = "800 34px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText("SOLD OUT", 0, -6);
  pen.restore();
}

function drawLight(pen, mood) {
  if (mood === "live") {
    const glow = pen.createRadialGradient(360, 380, 120, 360, 420, 640);
    glow.addColorStop(0, "rgba(255, 246, 220, .16)");
    glow.addColorStop(1, "rgba(40, 20, 10, .22)");
    pen.fillStyle = glow;
  } else pen.fillStyle = "rgba(22, 16, 20, .58)";
  pen.fillRect(-WIDTH, -HEIGHT, WIDTH * 3, HEIGHT * 3);
}

function drawHeart(pen, x, y, size) {
  pen.beginPath();
  pen.moveTo(x, y + size * 0.9);
  pen.bezierCurveTo(x - size * 1.5, y - size * 0.2, x - size * 0.6, y - size * 1.1, x, y - size * 0.3);
  pen.bezierCurveTo(x + size * 0.6, y - size * 1.1, x + size * 1.5, y - size * 0.2, x, y + size * 0.9);
  pen.fill();
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

function cover(pen, picture, x, y, width, height) {
  const scale = Math.max(width / picture.naturalWidth, height / picture.naturalHeight);
  const w = picture.naturalWidth * scale;
  const h = picture.naturalHeight * scale;
  pen.drawImage(picture, x + (width - w) / 2, y + (height - h) / 2, w, h);
}

function shade(colour) {
  const parts = [1, 3, 5].map((at) => Math.round(parseInt(colour.slice(at, at + 2), 16) * 0.86));
  return `rgb(${parts.join(" ")})`;
}

function line(pen, fromX, fromY, toX, toY) {
  pen.beginPath();
  pen.moveTo(fromX, fromY);
  pen.lineTo(toX, toY);
  pen.stroke();
}

function round(pen, x, y, width, height, radius) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
}
