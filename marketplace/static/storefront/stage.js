// The stage of a simulated session: a studio and a host, drawn anew for each streamer from their id.
// It shows what happens; every word that matters stands beside it in the page.

import { drawEmptyChair, drawHost, lookOf } from "./host.js";
import { cover, round } from "./pen.js";
import { drawFuse, drawHeart, drawParcel, drawStamp } from "./props.js";
import { HEIGHT, WIDTH, drawBreeze, drawLight, drawStudio, drawTable } from "./studio.js";

const SPEECH_MS_PER_LETTER = 62;
const HEART_MS = 2_600;
const MOST_HEARTS = 40;
const ARRIVAL_MS = 420;
const CALM_MS = 60; // between two pictures of a host who breathes: 15 a second, a quarter of the work of 60
const LIVELY_MS = 25; // while somebody speaks or something flies
const PHONE = 560; // fewer units of width than this are seen on a phone, where chat and product lie over the picture
const LIFT = 50; // so there it stands higher
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

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
    canvas.addEventListener("contextrestored", () => this.fit()); // what was drawn is lost
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
    const shown = JSON.stringify(scene);
    if (shown === this.shown) return;
    this.shown = shown;
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
    this.kept = null;
    this.refresh();
  }

  refresh() {
    if (!this.frame) this.frame = requestAnimationFrame(this.draw);
  }

  draw(now) {
    this.frame = null;
    clearTimeout(this.next);
    const moving = !STILL.matches && this.scene.mood !== "over";
    const time = moving ? now / 1000 : 0;
    const { pen, canvas } = this;
    const scale = Math.max(canvas.width / WIDTH, canvas.height / HEIGHT);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const left = (canvas.width - WIDTH * scale) / 2;
    const seen = canvas.width / scale;
    const top = seen < PHONE ? -LIFT * scale : Math.min(0, (canvas.height - HEIGHT * scale) * 0.42);
    pen.setTransform(scale, 0, 0, scale, left, top);
    const speaking = moving && now < this.speakingUntil && this.scene.mood === "live";
    const { studio, light } = this.still();
    this.lay(studio);
    drawBreeze(pen, this.look, time);
    if (this.scene.mood === "live") drawHost(pen, this.look, time, speaking);
    else drawEmptyChair(pen, this.look);
    drawTable(pen);
    if (this.scene.label) this.drawProduct(time, now, seen, (canvas.height - top) / scale);
    this.lay(light);
    this.drawHearts(now, scale);
    const flying = this.hearts.length > 0;
    if (!moving && !flying) return;
    const lively = speaking || flying || now - this.scene.pinnedAt < ARRIVAL_MS;
    this.next = setTimeout(() => this.refresh(), lively ? LIVELY_MS : CALM_MS);
  }

  /** Return what stands still, drawn once for each mood and size: walls and light are most of a picture. */
  still() {
    const { mood } = this.scene;
    if (this.kept?.mood !== mood) {
      const studio = this.layer((pen) => drawStudio(pen, this.look, mood));
      this.kept = { mood, studio, light: this.layer((pen) => drawLight(pen, mood)) };
    }
    return this.kept;
  }

  layer(draw) {
    const layer = document.createElement("canvas");
    [layer.width, layer.height] = [this.canvas.width, this.canvas.height];
    const pen = layer.getContext("2d");
    pen.setTransform(this.pen.getTransform());
    draw(pen);
    return layer;
  }

  lay(layer) {
    this.pen.save();
    this.pen.resetTransform();
    this.pen.drawImage(layer, 0, 0);
    this.pen.restore();
  }

  /** Draw what is held into the picture, of which so many units of width and so many from the top down are seen. */
  drawProduct(time, now, seen, bottom) {
    const { pen, scene } = this;
    const picture = this.pictures.get(scene.picture);
    const ready = picture && picture.complete && picture.naturalWidth;
    const arrived = time ? Math.min(1, (now - (scene.pinnedAt || 0)) / ARRIVAL_MS) : 1;
    const bounce = 1 - (1 - arrived) ** 3;
    pen.save();
    const [size, y] = seen < PHONE ? [0.72, 440] : [1, Math.min(612, bottom - 124)];
    const x = Math.min(508, WIDTH / 2 + seen / 2 - 108 * size);
    pen.translate(x, y + (1 - bounce) * 60 + Math.sin(time * 1.6) * 3);
    pen.scale(size, size);
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
