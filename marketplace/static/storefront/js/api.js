// The API from a page: the session cookie, the CSRF token, problem documents as errors.

export class Problem extends Error {
  constructor(document) {
    super(document.detail || "The request failed.");
    this.code = document.code || "unreachable";
    this.status = document.status || 0;
    this.data = document.data || {};
    this.errors = document.errors || [];
  }
}

export function csrfToken() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return found ? decodeURIComponent(found.slice("csrftoken=".length)) : "";
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Returns the JSON answer, or null for an empty one; throws Problem. `path` is below /api/v1/.
export async function call(method, path, body = undefined, { key = "", signal = undefined } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method, headers, signal, credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ detail: "The marketplace cannot be reached. Check the connection and try again." });
  }
  const text = await answer.text();
  let document = null;
  try {
    document = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem({ status: answer.status, detail: "The answer could not be read. Try again." });
  }
  if (!answer.ok) throw new Problem(document || { status: answer.status });
  return document;
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body, options) => call("POST", path, body, options);
