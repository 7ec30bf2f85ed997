// What a room is, as pure functions: a snapshot, and what each message makes of it.
// Nothing here touches the page, the network or the clock.

const MOST_CHATS = 80;

/** Return the state that a snapshot's data describes. */
export function fromSnapshot(data) {
  return {
    epoch: data.epoch,
    seq: data.seq,
    session: data.session,
    slots: inOrder(data.slots),
    pinned: data.pinned,
    deals: data.deals,
    viewers: data.viewers ?? 0,
    likes: data.likes ?? 0,
    chats: data.chats ?? [],
    pinnedChat: data.pinned_chat ?? null,
    slowMode: data.slow_mode ?? 0,
    caption: null,
  };
}

/** Return the state before the first fact of a log. */
export function empty(session) {
  return fromSnapshot({ epoch: "", seq: 0, session, slots: [], pinned: null, deals: [] });
}

/** Return the state after a message; the same object when it says nothing new. */
export function apply(state, message) {
  const { type, data } = message;
  if (type === "room.snapshot" || type === "resync") return { ...resumed(state, data), caption: state?.caption ?? null };
  if (message.seq !== undefined) {
    if (message.seq <= state.seq) return state;
    const change = FACTS[type]?.(state, data, message) ?? {};
    return { ...state, ...change, seq: message.seq };
  }
  const change = AMBIENT[type]?.(state, data);
  return change ? { ...state, ...change } : state;
}

/** Return the resume point of a state. */
export function resumePoint(state) {
  return state && state.epoch ? `${state.epoch}.${state.seq}` : null;
}

/** Return a slot's deal that can be bought at a moment (milliseconds), null when there is none. */
export function openDeal(state, slotId, at) {
  const runs = (deal) =>
    deal.slot === slotId && Date.parse(deal.opens_at) <= at && at < Date.parse(deal.closes_at);
  return state.deals.find(runs) ?? null;
}

/**
 * Return what one would buy of a slot at a moment: on its deal's terms while that has units, else on its own.
 * A limit counts what was bought before; only the marketplace knows that.
 */
export function offer(state, slot, at) {
  const deal = openDeal(state, slot.id, at);
  if (deal && deal.left > 0) {
    return { deal: deal.id, price: deal.price, left: Math.min(deal.left, slot.left), limit: least(slot, deal) };
  }
  return { deal: null, price: slot.price, left: slot.left, limit: slot.per_buyer_limit };
}

/** Return whether anything can be bought: during the show, and after it where the streamer lets the replay sell. */
export function sells(state) {
  const { state: where, replay_sells: after } = state.session;
  return where === "live" || (where === "ended" && Boolean(after));
}

/** Return the state after a refusal has told a price before its fact did. */
export function repriced(state, { slot, deal }, price) {
  const of = (items, id) => items.map((item) => (item.id === id ? { ...item, price } : item));
  return { ...state, slots: deal ? state.slots : of(state.slots, slot), deals: of(state.deals, deal) };
}

function resumed(state, data) {
  const next = fromSnapshot(data);
  if (!state) return next;
  // what the snapshot does not have was deleted, or is too old to know; what came after it stays
  const newest = next.chats.at(-1)?.id ?? "";
  return { ...next, chats: mergeChats(state.chats.filter((chat) => chat.id > newest), next.chats) };
}

function least(slot, deal) {
  const limits = [slot.per_buyer_limit, deal.per_buyer_limit].filter((limit) => limit != null);
  return limits.length ? Math.min(...limits) : null;
}

function inOrder(slots) {
  return [...slots].sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
}

function withSlot(state, slot) {
  return { slots: inOrder([...state.slots.filter((other) => other.id !== slot.id), slot]) };
}

function withPin(state, pinned) {
  return { pinned, slots: state.slots.map((slot) => ({ ...slot, pinned: slot.id === pinned })) };
}

function withSession(state, change) {
  return { session: { ...state.session, ...change } };
}

function counted(items, changes, key) {
  const told = new Map(changes.filter((change) => (key === "deal") === (change.deal !== null)).map((change) => [change[key], change]));
  if (!told.size) return items;
  return items.map((item) => {
    const change = told.get(item.id);
    return change ? { ...item, left: change.left, sold: change.sold } : item;
  });
}

function mergeChats(known, more) {
  const ids = new Set(known.map((chat) => chat.id));
  const fresh = more.filter((chat) => !ids.has(chat.id));
  if (!fresh.length) return known;
  return [...known, ...fresh].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(-MOST_CHATS);
}

const FACTS = {
  "session.updated": (state, data) => withSession(state, data.session),
  "session.started": withSession,
  "session.paused": withSession,
  "session.resumed": withSession,
  "session.ended": withSession,
  "slot.added": (state, data) => withSlot(state, data.slot),
  "slot.updated": (state, data) => withSlot(state, data.slot),
  "slot.pinned": (state, data) => withPin(state, data.slot),
  "slot.unpinned": (state) => withPin(state, null),
  "deal.opened": (state, data) => ({ deals: [...state.deals.filter((deal) => deal.id !== data.deal.id), data.deal] }),
  "deal.closed": (state, data) => ({ deals: state.deals.filter((deal) => deal.id !== data.deal) }),
  "stock.changed": (state, data) => ({
    slots: counted(state.slots, data.changes, "slot"),
    deals: counted(state.deals, data.changes, "deal"),
  }),
  "host.said": (state, data, message) => ({ caption: { ...data, seq: message.seq, at: message.at } }),
};

const AMBIENT = {
  "room.pulse": (state, data) => ({ viewers: data.viewers, likes: state.likes + data.likes }),
  "chat.messages": (state, data) => ({ chats: mergeChats(state.chats, data.messages) }),
  "chat.deleted": (state, data) => ({
    chats: state.chats.filter((chat) => chat.id !== data.message),
    pinnedChat: state.pinnedChat?.id === data.message ? null : state.pinnedChat,
  }),
  "chat.pinned": (state, data) => ({ pinnedChat: data.message }),
  "chat.unpinned": (state, data) => (state.pinnedChat?.id === data.message ? { pinnedChat: null } : null),
  "chat.slow_mode": (state, data) => ({ slowMode: data.seconds }),
};
