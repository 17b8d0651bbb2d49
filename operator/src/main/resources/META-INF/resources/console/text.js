// Figures, times and sizes as people read them.

const NUMBER = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const WHEN = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export const number = (n) => (n === undefined || n === null ? '–' : NUMBER.format(n));
export const short = (n) => (n === undefined || n === null ? '–' : SHORT.format(n));
export const figure = (x) => (x === undefined || x === null ? '–' : x.toFixed(3));
export const percent = (x) => (x === undefined || x === null ? '–' : `${(100 * x).toFixed(1)} %`);
export const plural = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;

export function signed(x) {
  return (x > 0 ? '+' : x < 0 ? '−' : '±') + Math.abs(x).toFixed(3);
}

export function bytes(n) {
  if (n === undefined || n === null) {
    return '–';
  }
  const power = n < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** power).toFixed(power ? 1 : 0)} ${UNITS[power]}`;
}

export function duration(seconds) {
  if (seconds === undefined || seconds === null || Number.isNaN(seconds)) {
    return '–';
  }
  if (seconds < 60) {
    return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const when = (text) => (text ? WHEN.format(new Date(text)) : '–');
export const between = (from, to) => (from && to ? (new Date(to) - new Date(from)) / 1000 : undefined);

/** What is measured, in the order of the reports; better is the direction of the good. */
const METRICS = new Map([
  ['efficacy', ['Efficacy', 'p(new) above p(old)', 1]],
  ['paraphrase', ['Paraphrase', 'the same, in other words', 1]],
  ['neighbourhood', ['Neighbourhood', 'p(true) above p(new), other subjects', 1]],
  ['score', ['Score', 'harmonic mean of the three', 1]],
  ['exactMatch', ['Exact match', 'greedy text is the target', 1]],
  ['paraphraseExactMatch', ['Exact match, paraphrases', 'the same, in other words', 1]],
  ['prefixedExactMatch', ['Exact match, prefixed', 'the same, after other text', 1]],
  ['tokenAccuracy', ['Token accuracy', 'target tokens, teacher-forced', 1]],
  ['paraphraseTokenAccuracy', ['Token accuracy, paraphrases', 'the same, in other words', 1]],
  ['portability', ['Portability', 'questions that need the fact', 1]],
  ['locality', ['Locality', 'neighbours’ tokens unchanged', 1]],
  ['otherFacts', ['Other facts', 'of the same subjects, unchanged', 1]],
  ['fluency', ['Fluency', 'n-gram entropy, bits', 0]],
  ['perplexity', ['Perplexity', 'of held-out text', -1]],
  ['perplexityRatio', ['Perplexity ratio', 'after over before', -1]],
  ['routingOverlap', ['Routing', 'experts unchanged, other text', 1]],
  ['promptRoutingOverlap', ['Routing, prompts', 'experts unchanged, the facts’ prompts', 1]],
]);
const ORDER = [...METRICS.keys()];

export function metric(name) {
  const [label, meaning, better] = METRICS.get(name) ?? [name, '', 0];
  return { name, label, meaning, better };
}

/** Names of figures, the known ones first. */
export function inOrder(names) {
  const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

export const isShare = (name) => !['fluency', 'perplexity', 'perplexityRatio'].includes(name);
