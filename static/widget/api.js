// The visitor's calls, /visitor/v1. A refused or broken call throws a Problem.

// Problem: status is 0 when there was no answer at all; detail is for the visitor to read; wait is in milliseconds.
export class Problem extends Error {
  constructor(status, body, wait) {
    super(body?.errors?.[0]?.message || body?.detail || String(status));
    Object.assign(this, { status, code: body?.code, detail: body?.errors?.[0]?.message || body?.detail || '', wait, fields: Object.fromEntries((body?.errors || []).map(e => [String(e.location || e.field || e.name || '').split('.').pop(), e.message])) });
  }

  // passing tells whether the same call may succeed later.
  get passing() { return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500; }
}

export class Api {
  token = '';
  constructor(lang) { this.lang = lang; }

  headers() { return { Authorization: 'Bearer ' + this.token, 'Accept-Language': this.lang }; }

  get(path) { return this.#call('GET', path); }
  post(path, body) { return this.#call('POST', path, JSON.stringify(body), { 'Content-Type': 'application/json' }); }

  async #call(method, path, body, more) {
    const patience = new AbortController(), timer = setTimeout(() => patience.abort(), 20_000);
    try {
      const headers = { ...(this.token ? this.headers() : { 'Accept-Language': this.lang }), Accept: 'application/json', ...more };
      const r = await fetch('/visitor/v1' + path, { method, body, headers, credentials: 'omit', cache: 'no-store', signal: patience.signal });
      const answer = await r.json().catch(() => null);
      if (!r.ok) throw new Problem(r.status, answer, Number(r.headers.get('Retry-After')) * 1000 || 0);
      return answer;
    } catch (e) {
      throw e instanceof Problem ? e : new Problem(0);
    } finally { clearTimeout(timer); }
  }

  // upload sends a file; progress is called with 0 to 1. Aborting the signal ends it.
  upload(file, progress, signal) {
    return new Promise((done, no) => {
      const x = new XMLHttpRequest(), form = new FormData(); // fetch cannot tell how far an upload is
      form.append('file', file, file.name);
      x.open('POST', '/visitor/v1/files');
      for (const [k, v] of Object.entries(this.headers())) x.setRequestHeader(k, v);
      x.responseType = 'json';
      x.upload.onprogress = e => e.lengthComputable && progress(e.loaded / e.total);
      x.onload = () => (x.status < 300 && x.response ? done(x.response) : no(new Problem(x.status, x.response, Number(x.getResponseHeader('Retry-After')) * 1000 || 0)));
      x.onerror = x.onabort = () => no(new Problem(0));
      signal.addEventListener('abort', () => x.abort());
      x.send(form);
    });
  }

  // blob fetches a file: pictures need the token too, and <img> sends none.
  async blob(url) {
    const r = await fetch(url, { headers: this.headers(), credentials: 'omit' }).catch(() => null);
    if (!r?.ok) throw new Problem(r?.status ?? 0);
    return r.blob();
  }
}
