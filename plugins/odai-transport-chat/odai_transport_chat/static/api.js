// The lists of chats, over HTTP.

// status 0: the server does not answer.
export class Refused extends Error {
  constructor(status, code = "") {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

export class Api {
  constructor(token) {
    this.token = token;
  }

  async ask(method, path) {
    let answer;
    try {
      answer = await fetch(`/chats/${path}`, { method, headers: { Authorization: `Bearer ${this.token.value}` } });
    } catch {
      throw new Refused(0);
    }
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    const { code } = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, code);
  }

  list(before = null) {
    return this.ask("GET", before === null ? "" : `?before=${encodeURIComponent(before)}`);
  }

  // A new chat has no past: null.
  async read(id, before = null) {
    try {
      return await this.ask("GET", before === null ? id : `${id}?before=${encodeURIComponent(before)}`);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  delete(id) {
    return this.ask("DELETE", id);
  }
}
