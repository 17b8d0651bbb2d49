// What several views show.

import { html, nothing } from './lib/lit-html.js';
import { change, judged } from './plots.js';
import { to } from './route.js';
import { figure, inOrder, metric, number, percent, signed, when } from './text.js';

/** A text of somebody's own, in whatever script: it turns nothing round it. */
export const own = (text) => html`<bdi>${text}</bdi>`;

export const time = (text) => (text ? html`<time datetime=${text}>${when(text)}</time>` : '–');

const KINDS = { Published: 'good', Complete: 'good', Rejected: 'warn', Stuck: 'warn', Failed: 'bad', Starting: 'live', Running: 'live' };

/** Whether nothing more will happen to a job. */
export const ended = (job) => job.state === 'Complete' || job.state === 'Failed';

export const state = (name) => html`<span class=${`badge ${KINDS[name] ?? 'plain'}`}>${name}</span>`;

export const modelLink = (ns, model) => html`<a href=${to(ns, ['models', model])}>${model}</a>`;
export const jobLink = (ns, job) => (job ? html`<a href=${to(ns, ['jobs', job])}>${job}</a>` : '–');
export const versionLink = (ns, model, version) =>
  version ? html`<a href=${to(ns, ['models', model, version])}>${version}</a>` : '–';

/** A list of terms; pairs without a value are left out. */
export const terms = (pairs) => html`<dl class="terms">
  ${pairs
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>`;

/** A wide table scrolls by itself, also by keys. */
export const table = (name, content) =>
  html`<div class="scroll" role="group" aria-label=${name} tabindex="0"><table><caption class="unseen">${name}</caption>${content}</table></div>`;

/** Where there is nothing, and why. */
export const empty = (title, hint) => html`<div class="empty"><p><strong>${title}</strong></p>${hint ? html`<p>${hint}</p>` : nothing}</div>`;

const VERDICT = ['worse', 'unchanged or neutral', 'better'];
const MARK = ['▼', '', '▲'];

/** Figures before and after. */
export function figures(metrics) {
  const names = inOrder(Object.keys(metrics ?? {}));
  if (!names.length) {
    return empty('Nothing was measured.', 'The job’s evaluation decides what is.');
  }
  return table(
    'Figures before and after',
    html`<thead><tr>
        <th scope="col">Figure</th><th scope="col" class="n">Before</th><th scope="col" class="n">After</th>
        <th scope="col" class="n">Change</th><th scope="col"><span class="key"><i class="hollow"></i>before <i class="full"></i>after</span></th>
      </tr></thead>
      <tbody>${names.map((name) => {
        const value = metrics[name];
        const { label, meaning } = metric(name);
        const verdict = judged(name, value) + 1;
        const both = value.before !== undefined && value.after !== undefined;
        return html`<tr>
          <th scope="row">${label} <small>${meaning}</small></th>
          <td class="n">${figure(value.before)}</td><td class="n">${figure(value.after)}</td>
          <td class=${`n ${VERDICT[verdict].split(' ')[0]}`}>${both ? html`${signed(value.after - value.before)} <span aria-hidden="true">${MARK[verdict]}</span><span class="unseen">${VERDICT[verdict]}</span>` : '–'}</td>
          <td class="plot">${change(name, value)}</td>
        </tr>`;
      })}</tbody>`,
  );
}

/** The prompt with its subject in place. */
export function sentence(fact) {
  const [head, ...tail] = fact.prompt.split('{}');
  return tail.length ? html`${head}<b>${own(fact.subject)}</b>${tail.join('{}')}` : fact.prompt;
}

function holds(fact) {
  if (fact.verified === undefined || fact.verified === null) {
    return html`<span class="muted">not measured</span>`;
  }
  return fact.verified ? html`<span class="good">holds</span>` : html`<span class="bad">does not hold</span>`;
}

/** Facts with what was before. */
export function facts(ns, list, { served = true, model = true } = {}) {
  return table(
    'Facts',
    html`<thead><tr>
        <th scope="col">Fact</th><th scope="col">Before</th><th scope="col">Now</th>
        <th scope="col">${model ? 'Model and version' : 'Version'}</th><th scope="col">Job</th><th scope="col">After the edit</th>
        ${served ? html`<th scope="col">Served</th>` : nothing}
      </tr></thead>
      <tbody>${list.map(
        (fact) => html`<tr>
          <td dir="auto" class="fact">${sentence(fact)}</td>
          <td dir="auto" class="was">${fact.before ?? html`<span class="muted">unknown</span>`}${fact.beforeIn ? html` <small><bdi>in ${versionLink(ns, fact.model, fact.beforeIn)}</bdi></small>` : nothing}</td>
          <td dir="auto" class="now">${fact.target}</td>
          <td>${model ? html`${modelLink(ns, fact.model)} ` : nothing}${versionLink(ns, fact.model, fact.version)}${fact.state === 'Rejected' ? html` ${state('Rejected')}` : nothing}</td>
          <td>${jobLink(ns, fact.editJob)}</td>
          <td>${holds(fact)}</td>
          ${served ? html`<td>${fact.serving ? 'yes' : html`<span class="muted">no</span>`}</td>` : nothing}
        </tr>`,
      )}</tbody>`,
  );
}

/** Tensors that changed; whatever else a manifest says of them is left to the registry's answer. */
export function tensors(list) {
  if (!list.length) {
    return empty('No tensor changed.');
  }
  const most = Math.max(...list.map((t) => t.change.relative ?? 0)) || 1;
  return table(
    'Changed tensors',
    html`<thead><tr><th scope="col">Tensor</th><th scope="col">In</th><th scope="col" class="n">Values changed</th><th scope="col" class="n">‖ΔW‖</th><th scope="col" class="n">‖ΔW‖ / ‖W‖</th><th scope="col"><span class="unseen">Size of the change</span></th></tr></thead>
      <tbody>${list.map(
        ({ version, change: c }) => html`<tr>
          <th scope="row"><code>${c.name ?? c.tensor ?? '–'}</code></th>
          <td>${version}</td>
          <td class="n">${c.values === undefined ? '–' : html`${number(c.values)} <small>of ${number(c.of)}</small>`}</td>
          <td class="n">${c.norm === undefined ? '–' : c.norm.toFixed(2)}</td>
          <td class="n">${percent(c.relative)}</td>
          <td class="plot"><progress aria-label=${`Change of ${c.name ?? c.tensor}`} max=${most} .value=${c.relative ?? 0}></progress></td>
        </tr>`,
      )}</tbody>`,
  );
}
