import { html, nothing } from '../lib/lit-html.js';
import { empty, facts, figures, jobLink, modelLink, state, table, tensors, terms, time, versionLink } from '../parts.js';
import { bytes, duration, number } from '../text.js';

export const title = ({ model, version }) => `${model}@${version}`;

export async function load({ model, version }, registry) {
  const about = await registry.version(model, version);
  const diff = about.parent ? await registry.diff(model, about.parent, version) : undefined;
  return { about, diff };
}

export function render({ about, diff }, { namespace }) {
  return html`${about.reason ? html`<p class="notice warn">${about.reason}</p>` : nothing}
    ${about.listing.listed ? nothing : html`<p class="notice warn">${unlisted(about.listing)}</p>`}
    ${terms([
      ['State', html`${state(about.state)}${about.current ? html` <span class="badge current">current</span>` : nothing}`],
      ['Model', modelLink(namespace, about.model)],
      ['Made from', about.parent ? versionLink(namespace, about.model, about.parent) : 'an imported checkpoint'],
      ['Job', about.editJob && jobLink(namespace, about.editJob)],
      ['Method', about.method],
      ['Facts', about.facts && counts(about.facts)],
      ['Size', about.sizeBytes && bytes(about.sizeBytes)],
      ['Made', about.createdAt && time(about.createdAt)],
      ['Digest', html`<code>${about.digest}</code>`],
    ])}
    ${diff ? edited(namespace, about, diff) : nothing}`;
}

const unlisted = ({ reason }) =>
  reason
    ? `The registry lacks the facts, tensors and stages of this version, or those here are to be told anew: ${reason}`
    : 'A pod is about to tell the registry the facts, tensors and stages of this version.';

const counts = (c) =>
  `${number(c.verified)} of ${number(c.total)} hold` +
  (c.failed ? `, ${number(c.failed)} do not` : '') +
  (c.noop ? `, ${number(c.noop)} held before` : '');

function edited(ns, about, diff) {
  return html`<section aria-labelledby="figures"><h2 id="figures">Before and after</h2>${figures(about.metrics)}</section>
    <section aria-labelledby="facts"><h2 id="facts">Facts</h2>
      ${diff.facts.length ? facts(ns, diff.facts, { served: false, model: false }) : empty('The registry has no facts of this version.')}
      ${diff.moreFacts ? html`<p class="muted">These are the first ${number(diff.facts.length)}; search finds the others.</p>` : nothing}
    </section>
    <section aria-labelledby="tensors"><h2 id="tensors">Changed tensors</h2>${tensors(diff.tensors)}</section>
    ${about.stages?.length ? stages(about.stages) : nothing}`;
}

function stages(list) {
  const most = Math.max(...list.map((s) => s.seconds)) || 1;
  return html`<section aria-labelledby="stages"><h2 id="stages">Stages</h2>${table(
    'Stages',
    html`<thead><tr><th scope="col">Stage</th><th scope="col" class="n">Time</th><th scope="col" class="n">Items</th><th scope="col" class="n">Per second</th><th scope="col"><span class="unseen">Share of the time</span></th></tr></thead>
      <tbody>${list.map(
        (s) => html`<tr><th scope="row">${s.name}</th><td class="n">${duration(s.seconds)}</td>
          <td class="n">${s.items ? `${number(s.items)} ${s.unit ?? ''}` : '–'}</td>
          <td class="n">${s.items && s.seconds ? number(Math.round((10 * s.items) / s.seconds) / 10) : '–'}</td>
          <td class="plot"><progress aria-label=${`Time of ${s.name}`} max=${most} .value=${s.seconds}></progress></td></tr>`,
      )}</tbody>`,
  )}</section>`;
}
