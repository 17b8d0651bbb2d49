import { html, nothing } from '../lib/lit-html.js';
import { layout, lineage } from '../lineage.js';
import { empty, jobLink, own, state, table, terms, time, versionLink } from '../parts.js';
import { trend } from '../plots.js';
import { to } from '../route.js';
import { bytes, figure, inOrder, number, short } from '../text.js';

export const title = ({ model }) => model;

export async function load({ model }, registry) {
  const [about, versions] = await Promise.all([registry.model(model), registry.versions(model)]);
  return { about, versions };
}

export function render({ about, versions }, { namespace }) {
  const current = about.current;
  return html`${terms([
      ['Family', about.family],
      ['Parameters', about.parameters && short(about.parameters)],
      ['Current', current && versionLink(namespace, about.name, current)],
      ['Latest', about.latest && versionLink(namespace, about.name, about.latest)],
      ['Source', about.source && own(about.source)],
    ])}
    <section aria-labelledby="versions"><h2 id="versions">Versions</h2>
      ${versions.length ? rows(namespace, about, versions) : empty('No version is published yet.', 'The import of the checkpoint makes v0.')}
    </section>
    ${versions.length ? overVersions(versions, current) : nothing}
    ${versions.length > 1 ? compare(namespace, about.name, versions) : nothing}`;
}

function rows(ns, about, versions) {
  const newestFirst = [...versions].reverse();
  return html`<div class="graph">
    ${lineage(versions, about.current)}
    ${table(
      'Versions',
      html`<thead><tr><th scope="col">Version</th><th scope="col">From</th><th scope="col">State</th><th scope="col">Job</th><th scope="col">Method</th><th scope="col" class="n">Facts that hold</th><th scope="col" class="n">Score</th><th scope="col" class="n">Size</th><th scope="col">Made</th></tr></thead>
        <tbody>${newestFirst.map(
          (v) => html`<tr>
            <th scope="row">${versionLink(ns, about.name, v.version)}${v.current ? html` <span class="badge current">current</span>` : nothing}</th>
            <td>${v.parent ?? html`<span class="muted">imported</span>`}</td>
            <td>${state(v.state)}</td>
            <td>${jobLink(ns, v.editJob)}</td>
            <td>${v.method ?? '–'}</td>
            <td class="n">${v.facts ? `${number(v.facts.verified)} of ${number(v.facts.total)}` : '–'}</td>
            <td class="n">${figure(v.metrics?.score?.after)}</td>
            <td class="n">${bytes(v.sizeBytes)}</td>
            <td>${time(v.createdAt)}</td>
          </tr>`,
        )}</tbody>`,
    )}
  </div>`;
}

/** What a version says of itself, or what its first child says of it. */
function measured(versions, name) {
  return versions.map(
    (v) =>
      v.metrics?.[name]?.after ??
      versions.find((child) => child.parent === v.version && child.metrics?.[name]?.before !== undefined && !v.parent)
        ?.metrics[name].before,
  );
}

function overVersions(versions, current) {
  const names = inOrder(new Set(versions.flatMap((v) => Object.keys(v.metrics ?? {}))));
  if (!names.length) {
    return nothing;
  }
  const { nodes } = layout(versions, current);
  return html`<section aria-labelledby="trends"><h2 id="trends">Figures over versions</h2>
    <p class="muted">Each version was measured on its own job’s facts. The large figure is that of the current version; the coloured line leads to it.</p>
    <div class="trends">${names.map((name) => trend(name, nodes, measured(versions, name)))}</div>
  </section>`;
}

function compare(ns, model, versions) {
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const [from, newer] = [form.get('from'), form.get('to')].sort((a, b) => a.slice(1) - b.slice(1));
    location.hash = to(ns, ['models', model, `${from}...${newer}`]);
  };
  const choice = (chosen) =>
    versions.map((v) => html`<option value=${v.version} ?selected=${v.version === chosen}>${v.version}${v.current ? ' (current)' : ''}</option>`);
  const last = versions.at(-1);
  return html`<section aria-labelledby="compare"><h2 id="compare">Compare two versions</h2>
    <form class="row" @submit=${submit}>
      <label>From <select name="from">${choice(last.parent ?? versions[0].version)}</select></label>
      <label>To <select name="to">${choice(last.version)}</select></label>
      <button>Compare</button>
    </form>
  </section>`;
}
