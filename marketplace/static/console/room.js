// The room's socket: facts, chat and pulse as they come, with a way back after a break.

const PING_MS = 5000;
const PATIENCE_MS = 12000;
const MOVED_MS = 5000;
const FOR_GOOD = new Set([4401, 4403, 4404]);

export class Room {
  // `heard(message)` gets every message; `clock` is the server's time less ours, in milliseconds.
  constructor(session, heard) {
    this.session = session;
    this.heard = heard;
    this.clock = 0;
    this.lastHeard = 0;
    this.epoch = "";
    this.seq = 0;
    this.tries = 0;
    this.ids = 0;
    this.connect();
    setInterval(() => this.ping(), PING_MS);
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const since = this.epoch ? `?since=${this.epoch}.${this.seq}` : "";
    const address = `${scheme}://${location.host}/ws/v1/rooms/${this.session}${since}`;
    this.socket = new WebSocket(address, ["room.v1"]);
    this.socket.onmessage = (event) => this.take(JSON.parse(event.data));
    this.socket.onclose = (event) => this.lost(event.code);
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(type, data = {}) {
    if (!this.open) return "";
    const id = String((this.ids += 1));
    this.socket.send(JSON.stringify({ id, type, data }));
    return id;
  }

  ping() {
    if (this.lastHeard && Date.now() - this.lastHeard > PATIENCE_MS) {
      this.socket.close();
      return;
    }
    this.pinged = Date.now();
    this.send("ping");
  }

  take(message) {
    this.lastHeard = Date.now();
    this.tries = 0;
    if (message.type === "room.snapshot" || message.type === "resync") {
      this.epoch = message.data.epoch;
      this.seq = message.data.seq;
      this.clock = Date.parse(message.data.server_time ?? message.at) - Date.now();
      if (message.type === "room.snapshot") this.ping();
    } else if (message.type === "room.pulse") {
      const told = Date.parse(message.at) - Date.now();
      if (Math.abs(told - this.clock) > MOVED_MS) this.clock = told; // somebody has moved the sandbox's clock
    } else if (message.type === "pong") {
      const travelled = (Date.now() - this.pinged) / 2;
      this.clock = Date.parse(message.at) + travelled - Date.now();
    } else if (message.seq) {
      if (message.seq <= this.seq) return;
      this.seq = message.seq;
    }
    this.heard(message);
  }

  lost(code) {
    if (FOR_GOOD.has(code)) {
      this.heard({ type: "closed", data: { code } });
      return;
    }
    this.tries += 1;
    const wait = Math.min(8000, 300 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    setTimeout(() => this.connect(), wait);
  }

  // The server's time, in milliseconds.
  now() {
    return Date.now() + this.clock;
  }
}
