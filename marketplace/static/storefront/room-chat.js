// The chat of a room: the messages, the form that says something, and the heart.

import { grouped, write } from "./room-view.js";

const NEAR_THE_END_PX = 40;
const LIKES_MS = 600;
const MOST_LIKES = 100;

export class Chat {
  /** @param {HTMLElement} root the page's chat section; `liked()` shows a tap on the heart at once */
  constructor(root, { socket, liked }) {
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.socket = socket;
    this.likes = 0;
    this.isSaying = false;
    const form = this.find("say");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say(form.elements.text);
    });
    this.find("like").addEventListener("click", () => {
      this.like();
      liked();
    });
    const list = this.find("chats");
    list.scrollTop = list.scrollHeight;
  }

  paint({ chats, pinnedChat, likes }) {
    const list = this.find("chats");
    const follow = list.scrollTop + list.clientHeight >= list.scrollHeight - NEAR_THE_END_PX;
    const wanted = new Set(chats.map((chat) => chat.id));
    for (const line of [...list.children]) if (!wanted.has(line.dataset.chat)) line.remove();
    for (const chat of chats) if (!list.querySelector(`[data-chat="${chat.id}"]`)) list.append(lineOf(chat));
    if (follow) list.scrollTop = list.scrollHeight;
    const above = this.find("chat-pinned");
    above.hidden = !pinnedChat;
    write(above, pinnedChat ? `${pinnedChat.author.name}: ${pinnedChat.text}` : "");
    write(this.find("likes"), grouped(likes));
  }

  note(text) {
    write(this.find("chat-note"), text);
  }

  async say(field) {
    const text = field?.value.trim();
    if (!text || this.isSaying) return;
    this.isSaying = true; // a second press says nothing twice
    const answer = await this.socket.ask("chat.send", { text }).catch(() => null);
    this.isSaying = false;
    if (answer?.type === "chat.accepted") {
      if (field.value.trim() === text) field.value = "";
      return this.note("");
    }
    const wait = answer?.data.retry_after ? ` Wait ${answer.data.retry_after} s.` : "";
    this.note(answer ? answer.data.message + wait : "Not connected just now; your text is kept.");
  }

  /** Gather taps and tell them together. */
  like() {
    if (!this.likes) setTimeout(() => this.sendLikes(), LIKES_MS);
    this.likes += 1;
  }

  sendLikes() {
    this.socket.say("like", { count: Math.min(this.likes, MOST_LIKES) });
    this.likes = 0;
  }
}

function lineOf(chat) {
  const line = document.createElement("li");
  line.dataset.chat = chat.id;
  line.className = `by-${chat.author.role}`;
  const name = document.createElement("b");
  name.textContent = chat.author.name;
  line.append(name, ` ${chat.text}`);
  return line;
}
