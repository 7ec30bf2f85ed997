// Reads the API from a page, with the session cookie; problem documents become errors.

export class Problem extends Error {
  constructor(document) {
    super(document.detail || "The request failed.");
    this.status = document.status || 0;
  }
}

/** Return the JSON answer of a path below /api/v1/; throws Problem, with status 0 when nobody answered. */
export async function get(path) {
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch {
    throw new Problem({ detail: "The marketplace cannot be reached." });
  }
  const document = await answer.json().catch(() => null);
  if (!answer.ok || document === null) throw new Problem({ status: answer.status, ...document });
  return document;
}
