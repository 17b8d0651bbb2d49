// Plots in SVG: what a table says in figures is seen at a glance.

import { html, svg } from './lib/lit-html.js';
import { figure, isShare, metric } from './text.js';

const known = (x) => x !== undefined && x !== null;

/** From nought to one for shares, else from nought to a little over the most. */
function scale(name, values) {
  const most = Math.max(...values.filter(known), 0);
  return isShare(name) && most <= 1 ? 1 : most * 1.15 || 1;
}

/** Whether a change is for the better: 1, 0, -1. */
export function judged(name, { before, after }) {
  return known(before) && known(after) ? Math.sign(after - before) * metric(name).better : 0;
}

/** Before and after on one line. */
export function change(name, value) {
  const most = scale(name, [value.before, value.after]);
  const at = (v) => 6 + (148 * v) / most;
  const kind = ['worse', 'same', 'better'][judged(name, value) + 1];
  return svg`<svg class=${`change ${kind}`} viewBox="0 0 160 16" aria-hidden="true">
    <path class="track" d="M6 8H154"></path>
    ${known(value.before) && known(value.after) ? svg`<path class="span" d=${`M${at(value.before)} 8H${at(value.after)}`}></path>` : ''}
    ${known(value.before) ? svg`<circle class="before" cx=${at(value.before)} cy="8" r="4"></circle>` : ''}
    ${known(value.after) ? svg`<circle class="after" cx=${at(value.after)} cy="8" r="4.5"></circle>` : ''}
  </svg>`;
}

const WIDTH = 240;
const HEIGHT = 72;

/**
 * A figure over the versions of a model; branches go apart where they do.
 *
 * @param nodes of the lineage, oldest first
 * @param values what was measured of each, or undefined
 */
export function trend(name, nodes, values) {
  const most = scale(name, values);
  const x = (i) => (nodes.length === 1 ? WIDTH / 2 : 8 + ((WIDTH - 16) * i) / (nodes.length - 1));
  const y = (v) => HEIGHT - 8 - ((HEIGHT - 16) * v) / most;
  const lines = nodes.flatMap((node, i) =>
    known(node.parent) && known(values[i]) && known(values[node.parent])
      ? [{ serving: node.serving, d: `M${x(node.parent)} ${y(values[node.parent])}L${x(i)} ${y(values[i])}` }]
      : [],
  );
  const { label, meaning } = metric(name);
  const current = nodes.findIndex((n) => n.current);
  const said = nodes.flatMap((n, i) => (known(values[i]) ? [`${n.version} ${figure(values[i])}`] : []));
  return html`<figure class="trend">
    <figcaption><span>${label}</span> <small>${meaning}</small></figcaption>
    <strong>${figure(values[current] ?? values.filter(known).at(-1))}</strong>
    ${svg`<svg role="img" aria-label=${`${label} by version: ${said.slice(-20).join(', ')}`} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}>
      <path class="track" d=${`M8 ${y(most)}H${WIDTH - 8}M8 ${y(0)}H${WIDTH - 8}`}></path>
      ${lines.map((l) => svg`<path class=${l.serving ? 'edge serving' : 'edge'} d=${l.d}></path>`)}
      ${nodes.map((node, i) =>
        known(values[i])
          ? svg`<circle class=${node.serving ? 'point serving' : 'point'} cx=${x(i)} cy=${y(values[i])} r=${node.current ? 4.5 : 3}>
              <title>${node.version}: ${figure(values[i])}</title></circle>`
          : '',
      )}
    </svg>`}
    <div class="ends" aria-hidden="true"><span>${nodes[0].version}</span><span>${nodes.length > 1 ? nodes.at(-1).version : ''}</span></div>
  </figure>`;
}
