import { html } from '../lib/lit-html.js';
import { empty, facts, figures, modelLink, tensors, terms, versionLink } from '../parts.js';
import { number, plural } from '../text.js';

export const title = ({ model, from, to }) => `${model}: ${from} to ${to}`;

export const load = ({ model, from, to }, registry) => registry.diff(model, from, to);

export function render(diff, { namespace }) {
  const line = [diff.from, ...diff.versions];
  return html`${terms([
      ['Model', modelLink(namespace, diff.model)],
      ['Line', html`<ol class="line">${line.map((v) => html`<li>${versionLink(namespace, diff.model, v)}</li>`)}</ol>`],
      ['Facts written', diff.moreFacts ? `more than ${number(diff.facts.length)}` : number(diff.facts.length)],
      ['Tensors changed', number(new Set(diff.tensors.map((t) => t.change.name ?? t.change.tensor)).size)],
    ])}
    <section aria-labelledby="figures"><h2 id="figures">Before and after</h2>
      ${diff.versions.length > 1 ? html`<p class="muted">Before ${diff.versions[0]} on its facts, after ${diff.to} on its own: each job measures the facts it writes.</p>` : ''}
      ${figures(diff.metrics)}</section>
    <section aria-labelledby="facts"><h2 id="facts">Facts</h2>
      ${diff.facts.length ? facts(namespace, diff.facts, { served: false, model: false }) : empty('No facts lie between the two.')}
      ${diff.moreFacts ? html`<p class="muted">The first ${plural(diff.facts.length, 'fact', 'facts')}; search finds the others.</p>` : ''}
    </section>
    <section aria-labelledby="tensors"><h2 id="tensors">Changed tensors</h2>${tensors(diff.tensors)}</section>`;
}
