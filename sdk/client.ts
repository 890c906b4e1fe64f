// The visitor's side of Deskbell for apps and pages of one's own: what the widget does, without its looks. The calls and their forms
// are those of the desk's OpenAPI description; this file adds what a description cannot say: the stream, uploads, one message once.
import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type Session = components['schemas']['Session'];
export type Message = components['schemas']['Message'];
export type Standing = components['schemas']['Standing'];
export type File = components['schemas']['File'];

export interface Options {
  /** The desk's public address, such as https://desk.example.com. */
  url: string;
  /** Which widget's settings hold; the first widget when it is missing. */
  widget?: string;
  /** visitor_token of an earlier session: the same visitor. Keep it where only this app can read it. */
  token?: string;
  fetch?: typeof globalThis.fetch;
}

export type Visitor = { name?: string; email?: string; phone?: string; company?: string; description?: string; locale?: string; data?: Record<string, unknown> };
export type Page = { url?: string; title?: string; referrer?: string };

/** What the stream tells. Names and data are those of the desk's Server-Sent Events. */
export interface Happening { id: string; name: string; data: any }

/** A call that the desk refused (RFC 9457), or that did not reach it: status is 0 then. */
export class Problem extends Error {
  constructor(readonly status: number, readonly body: any, readonly retryAfter = 0) { super(body?.detail || body?.title || `status ${status}`); }
  /** Whether the same call may succeed later. */
  get passing(): boolean { return this.status === 0 || this.status === 429 || this.status >= 500; }
}

export class Deskbell {
  token: string;
  session?: Session;
  /** The typed client of all calls, for what has no method here. */
  readonly api: Client<paths>;
  #fetch: typeof globalThis.fetch;
  #last = '';

  constructor(private readonly options: Options) {
    this.token = options.token ?? '';
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.api = createClient<paths>({ baseUrl: options.url.replace(/\/$/, ''), fetch: r => this.#fetch(r) });
    this.api.use({ onRequest: ({ request }) => { if (this.token) request.headers.set('Authorization', `Bearer ${this.token}`); } });
  }

  /** Begins or goes on: who the visitor is, his conversation and its last messages. */
  async enter(visitor: Visitor = {}, more: { identity?: string; link?: string; team?: string; agent?: string; page?: Page } = {}): Promise<Session> {
    const s = await told(this.api.POST('/visitor/v1/sessions', { body: { widget_id: this.options.widget, visitor_token: this.token || undefined, visitor, page: {}, ...more } }));
    this.token = s.visitor_token;
    this.#last ||= s.last_event_id;
    return this.session = s;
  }

  /** Sends a message. The same clientId never makes a second one, so a call that failed can be made again with it. */
  send(text: string, more: { clientId?: string; fileIds?: string[] } = {}): Promise<Message> {
    return told(this.api.POST('/visitor/v1/messages', { body: { text, client_id: more.clientId ?? newID(), file_ids: more.fileIds } }));
  }

  /** Uploads a file, to be named by its id in a message. */
  async upload(content: Blob, name: string): Promise<File> {
    const form = new FormData();
    form.append('file', content, name);
    const r = await this.#call('/visitor/v1/files', { method: 'POST', body: form });
    return r.json();
  }

  /** The bytes of a file of a message. */
  async download(file: { url: string }): Promise<Blob> { return (await this.#call(file.url)).blob(); }

  /** What was said, the newest part first; before is next_cursor of the part that is newer. */
  async history(before?: string, limit = 50): Promise<{ items: Message[]; next_cursor: string | null }> {
    const page = await told(this.api.GET('/visitor/v1/messages', { params: { query: { before, limit } } }));
    return { items: page.items ?? [], next_cursor: page.next_cursor ?? null };
  }

  standing(): Promise<Standing> { return told(this.api.GET('/visitor/v1/conversation')); }
  async typing(text?: string): Promise<void> { await told(this.api.POST('/visitor/v1/typing', { body: { typing: true, text } })); }
  async read(conversationId: string, seq: number): Promise<void> { await told(this.api.POST('/visitor/v1/read', { body: { conversation_id: conversationId, seq } })); }
  async leave(): Promise<void> { await told(this.api.POST('/visitor/v1/leave', { body: {} })); }
  note(note: { name: string; phone: string; email?: string; category?: string; text: string }): Promise<Message> {
    return told(this.api.POST('/visitor/v1/notes', { body: { ...note, client_id: newID() } }));
  }

  /**
   * Listens until stop() is called. A lost line comes back by itself, and what was missed is told then, once and in order.
   * lost is called with what went wrong; a Problem that is not passing ends the listening.
   */
  listen(happened: (h: Happening) => void, lost: (e: unknown) => void = () => {}): () => void {
    const stop = new AbortController();
    void this.#stay(happened, lost, stop.signal);
    return () => stop.abort();
  }

  async #stay(happened: (h: Happening) => void, lost: (e: unknown) => void, signal: AbortSignal) {
    for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, 30_000)) {
      try {
        const r = await this.#call('/visitor/v1/stream', { signal, headers: { Accept: 'text/event-stream', ...(this.#last && { 'Last-Event-ID': this.#last }) } });
        for await (const h of happenings(r.body!)) {
          wait = 1_000;
          if (h.id) this.#last = h.id;
          happened(h);
        }
      } catch (e) {
        if (signal.aborted) return;
        lost(e);
        if (e instanceof Problem && !e.passing) return;
        if (e instanceof Problem) wait = Math.max(wait, e.retryAfter);
      }
      await new Promise<void>(done => { const t = setTimeout(done, wait); signal.addEventListener('abort', () => { clearTimeout(t); done(); }, { once: true }); });
    }
  }

  async #call(path: string, init: RequestInit = {}): Promise<Response> {
    let r: Response;
    try {
      r = await this.#fetch(new URL(path, this.options.url), { ...init, headers: { Authorization: `Bearer ${this.token}`, ...init.headers } });
    } catch (e) {
      if (init.signal?.aborted) throw e;
      throw new Problem(0, { detail: String(e) });
    }
    if (!r.ok) throw await problemOf(r);
    return r;
  }
}

async function told<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let a;
  try { a = await answer; } catch (e) { throw new Problem(0, { detail: String(e) }); }
  if (!a.response.ok) throw new Problem(a.response.status, a.error, Number(a.response.headers.get('Retry-After')) * 1000 || 0);
  return a.data as T;
}

async function problemOf(r: Response): Promise<Problem> {
  return new Problem(r.status, await r.json().catch(() => null), Number(r.headers.get('Retry-After')) * 1000 || 0);
}

// happenings reads Server-Sent Events (HTML, section 9.2.6).
async function* happenings(body: ReadableStream<Uint8Array>): AsyncGenerator<Happening> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '', id = '', name = '', data: string[] = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r/);
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === '') {
        if (data.length) yield { id, name: name || 'message', data: JSON.parse(data.join('\n')) };
        id = name = ''; data = [];
        continue;
      }
      const colon = line.indexOf(':'), field = colon < 0 ? line : line.slice(0, colon), words = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'id') id = words;
      else if (field === 'event') name = words;
      else if (field === 'data') data.push(words);
    }
  }
}

function newID(): string { return Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join(''); }
