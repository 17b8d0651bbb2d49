import { html } from '../lib/lit-html.js';
import { empty, modelLink, table, versionLink } from '../parts.js';
import { number, plural, short } from '../text.js';

export const title = () => 'Models';

export const load = (route, registry) => registry.models();

export function render(models, { namespace }) {
  if (!models.length) {
    return empty(
      `There is no model in ${namespace}.`,
      html`Apply a <code>Model</code>, or write another namespace at the top. One that was applied just now shows within half a minute.`,
    );
  }
  return html`<p class="lead">${plural(models.length, 'model', 'models')} in <b>${namespace}</b></p>
    ${table(
      'Models',
      html`<thead><tr><th scope="col">Model</th><th scope="col">Family</th><th scope="col" class="n">Parameters</th><th scope="col">Current</th><th scope="col">Latest</th><th scope="col" class="n">Versions</th><th scope="col">Source</th></tr></thead>
        <tbody>${models.map(
          (m) => html`<tr>
            <th scope="row">${modelLink(namespace, m.name)}</th>
            <td>${m.family ?? '–'}</td>
            <td class="n">${short(m.parameters)}</td>
            <td>${versionLink(namespace, m.name, m.current)}</td>
            <td>${versionLink(namespace, m.name, m.latest)}</td>
            <td class="n">${number(m.versions)}</td>
            <td class="source"><bdi>${m.source ?? '–'}</bdi></td>
          </tr>`,
        )}</tbody>`,
    )}`;
}
