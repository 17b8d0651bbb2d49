import { html, nothing } from '../lib/lit-html.js';
import { empty, facts } from '../parts.js';
import { to } from '../route.js';
import { plural } from '../text.js';

export const title = () => 'Facts';

const asked = ({ subject, target, model, editJob }) => ({ subject, target, model, editJob });

export async function load({ query }, registry) {
  if (!query.subject && !query.target) {
    return undefined;
  }
  const page = await registry.facts(asked(query));
  return { facts: page.facts, next: page.next };
}

/** What stands round whatever comes of a search, so that a field keeps its focus. */
export const frame = ({ namespace, query }, inner) => html`<p class="lead">Which job and version changed a fact, and what was it before? A subject or target is found by how it begins; case and spaces do not matter.</p>
  ${form(namespace, query)}${inner}`;

export function render(found, { namespace, query }, tools) {
  return found ? results(found, namespace, query, tools) : nothing;
}

/** What is said when a search has ended. */
export const summary = (found) => (found ? `${plural(found.facts.length, 'fact', 'facts')}${found.next ? ' so far' : ''}` : '');

function form(ns, query) {
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(event.target)].map(([k, v]) => [k, v.trim()]));
    const subject = event.target.elements.subject;
    subject.setCustomValidity(given.subject || given.target ? '' : 'Write how the subject or the target begins.');
    if (event.target.reportValidity()) {
      location.hash = to(ns, ['facts'], given);
    }
  };
  const heal = (event) => event.target.form.elements.subject.setCustomValidity('');
  const field = (name, label) =>
    html`<label>${label} <input type="search" dir="auto" name=${name} .value=${query[name] ?? ''} @input=${heal} autocomplete="off" spellcheck="false" maxlength="200"></label>`;
  return html`<form role="search" aria-label="Facts" class="row" @submit=${submit} novalidate>
    ${field('subject', 'Subject')} ${field('target', 'Target')} ${field('model', 'Model')} ${field('editJob', 'Job')}
    <button>Search</button>
  </form>`;
}

function results(found, ns, query, { registry, update, fail, say }) {
  if (!found.facts.length) {
    return empty('No such fact.', 'Only what versions were made with is known here: not what a model knew from its training, nor prompts in the middle.');
  }
  const more = async (event) => {
    event.target.disabled = true;
    try {
      const page = await registry.facts({ ...asked(query), after: found.next });
      update({ facts: [...found.facts, ...page.facts], next: page.next });
      say(`${plural(page.facts.length, 'more fact', 'more facts')}`);
    } catch (e) {
      fail(e);
    } finally {
      event.target.disabled = false;
    }
  };
  return html`<p class="muted">${summary(found)}</p>
    ${facts(ns, found.facts)}
    ${found.next ? html`<p><button @click=${more}>Show more</button></p>` : nothing}`;
}
