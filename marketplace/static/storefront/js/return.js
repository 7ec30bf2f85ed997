// The page of a return: looks now and then whether it has moved on, and shows it anew, unless somebody is typing.

import { get } from "./api.js";

const EVERY_MS = 5_000;
const shown = document.querySelector("[data-return]");

async function seen() {
  const { updated_at: at, refund } = await get(`returns/${shown.dataset.return}`);
  const state = refund ? (await get(`refunds/${refund}`)).state : "";
  return `${at} ${state}`;
}

const fields = () => [...document.querySelectorAll("main textarea, main input:not([type=hidden])")];
const isTyping = () => fields().some((each) => each.value !== "");

async function look() {
  try {
    if (!document.hidden && !isTyping() && (await seen()) !== shown.dataset.seen) return location.replace(`/returns/${shown.dataset.return}`);
  } catch (error) {
    if (error.status === 401 || error.status === 404) return;
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
