// What the hash says: #/NAMESPACE/VIEW/…?query. Everything that is shown has an address.

const VERSION = /^v\d+$/;

/** @returns {{view: string, namespace?: string, model?: string, version?: string, from?: string, to?: string, job?: string, query?: object}} */
export function read(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  let parts;
  try {
    parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return { view: 'unknown' };
  }
  const [namespace, kind = 'models', name, third, ...rest] = parts;
  if (!namespace) {
    return { view: 'start' };
  }
  const at = { namespace, query: Object.fromEntries(new URLSearchParams(query)) };
  if (kind === 'models' && !name) {
    return { ...at, view: 'models' };
  }
  if (kind === 'models' && !third) {
    return { ...at, view: 'model', model: name };
  }
  if (kind === 'models' && VERSION.test(third) && !rest.length) {
    return { ...at, view: 'version', model: name, version: third };
  }
  const [from, to, more] = (third ?? '').split('...');
  if (kind === 'models' && VERSION.test(from) && VERSION.test(to) && more === undefined && !rest.length) {
    return { ...at, view: 'diff', model: name, from, to };
  }
  if (kind === 'jobs' && !third) {
    return name ? { ...at, view: 'job', job: name } : { ...at, view: 'jobs' };
  }
  if (kind === 'facts' && !name) {
    return { ...at, view: 'facts' };
  }
  return { ...at, view: 'unknown' };
}

/** A link to something in a namespace. */
export function to(namespace, parts, query) {
  const path = [namespace, ...parts].map(encodeURIComponent).join('/');
  const given = Object.entries(query ?? {}).filter(([, value]) => value);
  return `#/${path}${given.length ? `?${new URLSearchParams(given)}` : ''}`;
}
