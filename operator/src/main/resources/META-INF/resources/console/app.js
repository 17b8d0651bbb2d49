// The page: who asks, which view the address names, and what becomes of its question.

import { Refused, Registry } from './api.js';
import { html, nothing, render } from './lib/lit-html.js';
import { read, to } from './route.js';
import { refusal, signIn } from './states.js';
import * as diff from './views/diff.js';
import * as facts from './views/facts.js';
import * as job from './views/job.js';
import * as jobs from './views/jobs.js';
import * as model from './views/model.js';
import * as models from './views/models.js';
import * as version from './views/version.js';

const VIEWS = { models, model, version, diff, facts, jobs, job };
const PLACES = [
  ['models', 'Models', ['models', 'model', 'version', 'diff']],
  ['jobs', 'Jobs', ['jobs', 'job']],
  ['facts', 'Facts', ['facts']],
];
const TOKEN = 'errata.token';
const NAMESPACE = 'errata.namespace';

const page = document.getElementById('page');
const says = document.getElementById('says');

let asking = new AbortController();
let arrived = false;
let shown = { route: { view: 'start' }, status: 'loading' };

const token = () => sessionStorage.getItem(TOKEN);

function say(words) {
  says.textContent = words;
}

function show(change) {
  shown = { ...shown, ...change };
  render(frame(), page);
}

/** Waits; a view that is left waits no longer. */
function pause(millis, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

async function go() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const route = read(location.hash);
  if (route.view === 'start' && token() && sessionStorage.getItem(NAMESPACE)) {
    location.replace(to(sessionStorage.getItem(NAMESPACE), ['models']));
    return;
  }
  const view = VIEWS[route.view];
  const moved = arrived && (shown.route.view !== route.view || !view?.frame);
  arrived = true;
  const signedIn = token() && route.namespace;
  document.title = `${signedIn && view ? view.title(route) : 'Sign in'} – Errata`;
  say('');
  if (!signedIn || !view) {
    show({ route, status: signedIn ? 'unknown' : 'stranger', data: undefined, error: undefined });
    focusHeading(moved);
    return;
  }
  sessionStorage.setItem(NAMESPACE, route.namespace);
  const registry = new Registry(route.namespace, token(), signal);
  const tools = {
    registry,
    say,
    pause: (millis) => pause(millis, signal),
    update: (data) => signal.aborted || show({ data, error: undefined }),
    fail: (error) => signal.aborted || failed(error),
  };
  show({ route, tools, status: 'loading', data: undefined, error: undefined });
  focusHeading(moved);
  try {
    const data = await view.load(route, registry);
    show({ status: 'ready', data });
    say(view.summary?.(data) ?? '');
    await view.follow?.(data, route, tools);
  } catch (error) {
    tools.fail(error);
  }
}

function failed(error) {
  if (error.status === 401) {
    sessionStorage.removeItem(TOKEN);
    show({ status: 'stranger', data: undefined, error });
    focusHeading(true);
    return;
  }
  if (!(error instanceof Refused)) {
    console.error(error);
  }
  show({ status: shown.data === undefined ? 'failed' : shown.status, error });
}

/** Whoever follows a link by ear or keys starts at the top of what it leads to. */
function focusHeading(moved) {
  if (moved) {
    page.querySelector('h1')?.focus();
  }
}

function enter(namespace, secret) {
  sessionStorage.setItem(TOKEN, secret);
  const wanted = read(location.hash);
  if (wanted.namespace === namespace) {
    go();
  } else {
    location.hash = to(namespace, ['models']);
  }
}

function leave() {
  sessionStorage.removeItem(TOKEN);
  go();
}

function skip(event) {
  event.preventDefault();
  page.querySelector('main').focus();
}

function frame() {
  const { route, status } = shown;
  const known = status !== 'stranger';
  return html`<a class="skip" href="#main" @click=${skip}>Skip to the content</a>
    <header>
      <a class="brand" href=${known && route.namespace ? to(route.namespace, ['models']) : '#/'}><img src="icon.svg" alt="" width="24" height="24">Errata</a>
      ${known && route.namespace ? bar(route) : nothing}
    </header>
    <main id="main" tabindex="-1">${known ? content() : signIn(route.namespace ?? sessionStorage.getItem(NAMESPACE) ?? '', shown.error, enter)}</main>
    <footer>Read only: changes go through <code>Model</code> and <code>EditJob</code>.</footer>`;
}

function bar({ namespace, view }) {
  const elsewhere = (event) => {
    event.preventDefault();
    location.hash = to(new FormData(event.target).get('namespace').trim(), [PLACES.find(([, , views]) => views.includes(view))?.[0] ?? 'models']);
  };
  return html`<nav aria-label="Main"><ul>${PLACES.map(
      ([place, name, views]) => html`<li><a href=${to(namespace, [place])} aria-current=${views.includes(view) ? 'page' : nothing}>${name}</a></li>`,
    )}</ul></nav>
    <form class="namespace" @submit=${elsewhere}>
      <label for="namespace">Namespace</label>
      <input id="namespace" name="namespace" .value=${namespace} required pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" title="small letters, digits and -" autocomplete="off" spellcheck="false">
      <button>Go</button>
    </form>
    <button class="quiet" @click=${leave}>Forget the token</button>`;
}

function content() {
  const { route, status, data, error, tools } = shown;
  const view = VIEWS[route.view];
  if (!view) {
    return html`<h1 tabindex="-1">Not found</h1><p>Nothing has this address. <a href=${to(route.namespace, ['models'])}>The models of ${route.namespace}</a></p>`;
  }
  const trouble = error ? refusal(error, route, go) : nothing;
  const inner =
    status === 'loading'
      ? html`<p class="loading" aria-busy="true">Loading…</p>`
      : html`${trouble}${status === 'ready' ? view.render(data, route, tools) : nothing}`;
  return html`<h1 tabindex="-1"><bdi>${view.title(route)}</bdi></h1>${view.frame ? view.frame(route, inner) : inner}`;
}

addEventListener('hashchange', go);
go();
