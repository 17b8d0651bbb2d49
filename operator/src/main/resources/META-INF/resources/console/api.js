// Questions to the registry, with the caller's own token.

const ROOT = new URL('../api/v1/namespaces/', document.baseURI);
const UNREACHED = 0;

/** An answer that is none; status is that of HTTP, 0 where nobody answered. */
export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

function address(namespace, parts, query = {}) {
  const url = new URL([namespace, ...parts].map(encodeURIComponent).join('/'), ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') {
      url.searchParams.set(name, value);
    }
  }
  return url;
}

async function fetched(url, token, accept, signal) {
  let response;
  try {
    response = await fetch(url, {
      headers: { Authorization: `Bearer ${token}`, Accept: accept },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal,
    });
  } catch (e) {
    if (signal?.aborted) {
      throw e;
    }
    throw new Refused(UNREACHED, 'The operator cannot be reached.');
  }
  if (!response.ok) {
    throw new Refused(response.status, await words(response));
  }
  return response;
}

async function words(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error ?? '';
  } catch {
    return '';
  }
}

/** The registry, asked about one namespace. */
export class Registry {
  constructor(namespace, token, signal) {
    this.namespace = namespace;
    this.token = token;
    this.signal = signal;
  }

  async get(parts, query) {
    const url = address(this.namespace, parts, query);
    const response = await fetched(url, this.token, 'application/json', this.signal);
    return response.json();
  }

  models() {
    return this.get(['models']);
  }

  model(model) {
    return this.get(['models', model]);
  }

  versions(model) {
    return this.get(['models', model, 'versions']);
  }

  version(model, version) {
    return this.get(['models', model, 'versions', version]);
  }

  diff(model, from, to) {
    return this.get(['models', model, 'diff'], { from, to, limit: 200 });
  }

  facts(query) {
    return this.get(['facts'], query);
  }

  jobs(model) {
    return this.get(['editjobs'], { model, limit: 200 });
  }

  /** How a job goes, whenever that changes, until it has ended. */
  async *progress(job) {
    // An EventSource cannot bear a token.
    const url = address(this.namespace, ['editjobs', job, 'progress']);
    const response = await fetched(url, this.token, 'text/event-stream', this.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      yield* this.events(reader);
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }

  /** Server-sent events with their data as JSON. */
  async *events(reader) {
    let rest = '';
    let data = [];
    for (;;) {
      let part;
      try {
        part = await reader.read();
      } catch (e) {
        if (this.signal?.aborted) {
          throw e;
        }
        throw new Refused(UNREACHED, 'The operator went away.');
      }
      if (part.done) {
        return;
      }
      const lines = (rest + part.value).split('\n');
      rest = lines.pop();
      for (const line of lines.map((l) => l.replace(/\r$/, ''))) {
        if (line.startsWith('data:')) {
          data.push(line.slice('data:'.length).replace(/^ /, ''));
        } else if (line === '' && data.length) {
          yield JSON.parse(data.join('\n'));
          data = [];
        }
      }
    }
  }
}
