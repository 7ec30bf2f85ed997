// The room's WebSocket: comes back by itself, resumes where it left off, and says when it cannot.
// docs/realtime.md has the protocol.

const PROTOCOL = "room.v1";
const ANSWER_MS = 5_000; // a ping that takes longer has no connection behind it
const SILENCE_MS = 15_000; // nothing heard for so long: ask whether anybody is there
const GAP_MS = 1_000; // facts that a pulse knows of may be this late
const LONGEST_PAUSE_MS = 15_000;
const FIRST_PAUSE_MS = 500;

// What ends a visit for good, and the word for it. Any other close code is followed by another try.
const FINAL = { 4401: "sign_in", 4403: "banned", 4404: "gone", 4413: "broken" };
const BAD_FRAME = 4400;
const SLOW_READER = 4408;
const TOO_FAST = 4429;
const GOING_DOWN = 4503;
const GAVE_UP_WAITING = 4000; // our own: the line was dead

export class Lost extends Error {}

/**
 * @param {object} options
 * @param {string} options.session id of the session
 * @param {() => string|null} options.since resume point, or null for a fresh start
 * @param {(message: object) => void} options.onMessage every message that is not an answer
 * @param {(status: string, reason: string|null) => void} options.onStatus open, reconnecting or closed
 */
export class RoomSocket {
  constructor({ session, since, onMessage, onStatus }) {
    this.session = session;
    this.since = since;
    this.onMessage = onMessage;
    this.onStatus = onStatus;
    this.waiting = new Map();
    this.lastId = 0;
    this.tries = 0;
    this.fresh = false;
    this.behindSince = null;
    this.status = "idle";
    this.wake = this.wake.bind(this);
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("online", this.wake);
    window.addEventListener("pageshow", this.wake);
  }

  get isOpen() {
    return this.status === "open";
  }

  connect() {
    clearTimeout(this.retry);
    this.retry = null;
    const address = new URL(`/ws/v1/rooms/${this.session}`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const point = this.fresh ? null : this.since();
    if (point) address.searchParams.set("since", point);
    const socket = new WebSocket(address, PROTOCOL);
    this.socket = socket;
    socket.onmessage = (event) => this.socket === socket && this.hear(JSON.parse(event.data));
    socket.onclose = (event) => this.socket === socket && this.closed(event.code);
  }

  /** Send a command that is answered; the promise breaks with Lost when the connection does. */
  ask(type, data) {
    return new Promise((resolve, reject) => {
      const id = this.say(type, data);
      if (id === null) reject(new Lost("not connected"));
      else this.waiting.set(id, { resolve, reject });
    });
  }

  /** Send a command that nobody answers; return its id, null when there is no connection. */
  say(type, data) {
    if (!this.isOpen) return null;
    const id = String(++this.lastId);
    this.socket.send(JSON.stringify({ id, type, data }));
    return id;
  }

  /** Leave for good. */
  close() {
    this.finish(null);
    this.socket?.close(1000);
  }

  hear(message) {
    this.heardAt = Date.now();
    if (!this.isOpen) this.opened();
    const waiting = message.re == null ? undefined : this.waiting.get(message.re);
    if (waiting) {
      this.waiting.delete(message.re);
      waiting.resolve(message);
      return;
    }
    this.onMessage(message);
    if (message.type === "room.pulse") this.compare(message.data.seq);
  }

  opened() {
    this.tries = 0;
    this.fresh = false;
    this.setStatus("open");
    clearInterval(this.watch);
    this.watch = setInterval(() => this.check(SILENCE_MS), SILENCE_MS / 3);
  }

  /** Come back when a pulse has known of a fact for a second that never came. */
  compare(seq) {
    const point = this.since();
    const own = point ? Number(point.split(".")[1]) : seq;
    if (seq <= own) this.behindSince = null;
    else if (this.behindSince === null) this.behindSince = Date.now();
    else if (Date.now() - this.behindSince > GAP_MS) this.drop();
  }

  /** Ask whether anybody is there, when nothing was heard for some time. */
  check(silence) {
    if (!this.isOpen || this.asking || Date.now() - this.heardAt < silence) return;
    this.asking = setTimeout(() => this.drop(), ANSWER_MS);
    this.ask("ping", {})
      .catch(() => {})
      .finally(() => {
        clearTimeout(this.asking);
        this.asking = null;
      });
  }

  /** The page is seen again, or the network is back: do not wait for a timer that slept. */
  wake() {
    if (document.hidden || this.status === "closed" || this.status === "idle") return;
    if (this.retry) this.connect();
    else this.check(ANSWER_MS);
  }

  /** Let go of a dead connection without waiting for its closing handshake. */
  drop() {
    const socket = this.socket;
    this.closed(GAVE_UP_WAITING);
    socket.close();
  }

  closed(code) {
    this.socket = null;
    this.behindSince = null;
    clearInterval(this.watch);
    clearTimeout(this.asking);
    this.asking = null;
    for (const { reject } of this.waiting.values()) reject(new Lost("the connection broke"));
    this.waiting.clear();
    if (this.status === "closed") return;
    if (code === BAD_FRAME && !this.fresh) this.fresh = true; // the resume point may be to blame
    else if (code === BAD_FRAME || code in FINAL) return this.finish(FINAL[code] ?? "broken");
    this.setStatus("reconnecting");
    this.retry = setTimeout(() => this.connect(), this.pause(code));
  }

  finish(reason) {
    clearTimeout(this.retry);
    this.retry = null;
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("online", this.wake);
    window.removeEventListener("pageshow", this.wake);
    this.setStatus("closed", reason);
  }

  /** Return how long to wait before the next try: longer each time, and never all at once. */
  pause(code) {
    this.tries += 1;
    if (this.tries === 1 && (code === SLOW_READER || code === GAVE_UP_WAITING)) return 0;
    if (this.tries === 1 && code === TOO_FAST) return 1_000;
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.tries, LONGEST_PAUSE_MS);
    return (code === GOING_DOWN ? 200 : 100) + Math.random() * longest;
  }

  setStatus(status, reason = null) {
    if (this.status === status) return;
    this.status = status;
    this.onStatus(status, reason);
  }
}
