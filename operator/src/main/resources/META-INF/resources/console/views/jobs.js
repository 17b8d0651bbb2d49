import { html } from '../lib/lit-html.js';
import { empty, ended, jobLink, modelLink, state, table, time, versionLink } from '../parts.js';
import { between, duration, number } from '../text.js';

const EVERY = 5000;

export const title = () => 'Jobs';

export const load = (route, registry) => registry.jobs();

/** Looks again as long as something goes on. */
export async function follow(jobs, route, { registry, update, pause }) {
  for (let now = jobs; !now.every(ended); ) {
    await pause(EVERY);
    now = await registry.jobs();
    update(now);
  }
}

export function render(jobs, { namespace }) {
  if (!jobs.length) {
    return empty(`There is no job in ${namespace}.`, html`Apply an <code>EditJob</code>; it shows within half a minute.`);
  }
  return table(
    'Jobs',
    html`<thead><tr><th scope="col">Job</th><th scope="col">State</th><th scope="col">Stage</th><th scope="col">Model</th><th scope="col">From</th><th scope="col">Version</th><th scope="col" class="n">Facts</th><th scope="col">Started</th><th scope="col" class="n">Took</th></tr></thead>
      <tbody>${jobs.map(
        (j) => html`<tr>
          <th scope="row">${jobLink(namespace, j.name)}</th>
          <td>${state(j.state)}${j.reason ? html` <small>${j.reason}</small>` : ''}</td>
          <td>${j.stage ?? '–'}</td>
          <td>${modelLink(namespace, j.model)}</td>
          <td>${versionLink(namespace, j.model, j.from)}</td>
          <td>${versionLink(namespace, j.model, j.version)}</td>
          <td class="n">${number(j.facts)}</td>
          <td>${time(j.startTime)}</td>
          <td class="n">${duration(between(j.startTime, j.completionTime))}</td>
        </tr>`,
      )}</tbody>`,
  );
}
