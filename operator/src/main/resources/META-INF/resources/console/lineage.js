// Versions as a graph: one row a version, newest first; a branch has a lane of its own.

import { svg } from './lib/lit-html.js';

const ROW = 40;
const LANE = 18;
const MARGIN = 14;

/**
 * Lays versions out.
 *
 * @param versions oldest first, with version and parent
 * @param current the version that serving reads
 * @returns {{nodes: object[], lanes: number}} nodes oldest first: version, parent, row (0 is the newest), lane, serving
 */
export function layout(versions, current) {
  const index = new Map(versions.map((v, i) => [v.version, i]));
  const parentOf = (i) => index.get(versions[i].parent);
  const serving = new Set();
  for (let i = index.get(current); i !== undefined && !serving.has(i); i = parentOf(i)) {
    serving.add(i);
  }
  const children = versions.map(() => []);
  const heads = [];
  versions.forEach((v, i) => {
    const parent = parentOf(i);
    (parent === undefined || parent >= i ? heads : children[parent]).push(i);
  });
  // The line that is served goes straight on, else the first that was made.
  const goesOn = (i) => children[i].find((c) => serving.has(c)) ?? children[i][0];
  const lanes = [];
  const lane = new Map();
  const place = (head) => {
    const chain = [];
    for (let i = head; i !== undefined; i = goesOn(i)) {
      chain.push(i);
    }
    const from = chain[0];
    const begin = parentOf(from) === undefined ? from : Math.min(from, parentOf(from) + 1);
    const end = chain[chain.length - 1];
    let free = lanes.findIndex((spans) => spans.every(([b, e]) => e < begin || b > end));
    if (free < 0) {
      free = lanes.push([]) - 1;
    }
    lanes[free].push([begin, end]);
    chain.forEach((i) => lane.set(i, free));
    chain.forEach((i) => children[i].filter((c) => c !== goesOn(i)).forEach(place));
  };
  heads.sort((a, b) => serving.has(b) - serving.has(a) || a - b).forEach(place);
  const nodes = versions.map((v, i) => ({
    version: v.version,
    state: v.state,
    parent: parentOf(i) < i ? parentOf(i) : undefined,
    row: versions.length - 1 - i,
    lane: lane.get(i),
    serving: serving.has(i),
    current: v.version === current,
  }));
  return { nodes, lanes: Math.max(1, lanes.length) };
}

const x = (node) => MARGIN + node.lane * LANE;
const y = (node) => node.row * ROW + ROW / 2;

function edge(child, parent) {
  const from = `M${x(parent)} ${y(parent)}`;
  const bend = y(parent) - ROW;
  const path =
    child.lane === parent.lane
      ? `${from}V${y(child)}`
      : `${from}C${x(parent)} ${bend + ROW / 3} ${x(child)} ${bend + (2 * ROW) / 3} ${x(child)} ${bend}V${y(child)}`;
  return svg`<path class=${child.serving ? 'edge serving' : 'edge'} d=${path}></path>`;
}

function dot(node) {
  const name = `node${node.serving ? ' serving' : ''}${node.state === 'Rejected' ? ' rejected' : ''}`;
  return svg`<g class=${name} data-version=${node.version}>
    <title>${node.version}</title>
    ${node.current ? svg`<circle class="halo" cx=${x(node)} cy=${y(node)} r="9"></circle>` : ''}
    <circle cx=${x(node)} cy=${y(node)} r="5"></circle>
  </g>`;
}

/** The graph beside a table whose rows are as high as its own. */
export function lineage(versions, current) {
  const { nodes, lanes } = layout(versions, current);
  const width = 2 * MARGIN + (lanes - 1) * LANE;
  const height = nodes.length * ROW;
  const said = nodes
    .filter((n) => n.parent !== undefined)
    .map((n) => `${n.version} from ${nodes[n.parent].version}`)
    .slice(-20)
    .join(', ');
  return svg`<svg class="lineage" role="img" aria-label=${`Lineage: ${said || 'one version'}`}
      viewBox=${`0 0 ${width} ${height}`} width=${`${width / 16}rem`} height=${`${height / 16}rem`}>
    ${nodes.map((n) => (n.parent === undefined ? '' : edge(n, nodes[n.parent])))}
    ${nodes.map(dot)}
  </svg>`;
}
