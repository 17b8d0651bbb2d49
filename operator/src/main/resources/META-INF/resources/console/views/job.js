import { Refused } from '../api.js';
import { html, nothing } from '../lib/lit-html.js';
import { ended, modelLink, state, terms, time, versionLink } from '../parts.js';
import { between, duration, number } from '../text.js';

const AGAIN = 3000;
const STEP = 10;
const STAGES = [
  ['Statistics', 'tokens'],
  ['Values', 'facts'],
  ['Update', 'layers'],
  ['Evaluate', 'prompts'],
  ['Publish', 'tensors'],
];

export const title = ({ job }) => job;

export async function load({ job }, registry) {
  const found = (await registry.jobs()).find((j) => j.name === job);
  if (found) {
    return { job: found };
  }
  // The registry hears of a job half a minute late; whoever tells how it goes knows it at once.
  for await (const event of registry.progress(job)) {
    return { job: event };
  }
  throw new Refused(404, `there is no job ${job}`);
}

/** Hears how the job goes, or asks again and again where nobody tells. */
export async function follow(data, route, tools) {
  const { registry, update, say, pause } = tools;
  const tell = teller(say);
  let now = data;
  const take = (job, trouble) => {
    now = { job: { ...now.job, ...job }, trouble };
    update(now);
    tell(now.job);
  };
  let told = true;
  while (!ended(now.job)) {
    try {
      if (told) {
        for await (const event of registry.progress(route.job)) {
          take({ progress: undefined, ...event });
        }
      }
    } catch (e) {
      if (!(e instanceof Refused) || e.status === 401 || e.status === 403) {
        throw e;
      }
      told = e.status !== 404;
      take({}, e.status === 0 ? 'The connection is lost; trying again.' : undefined);
    }
    if (!ended(now.job)) {
      await pause(AGAIN);
      try {
        const { job } = await load(route, registry);
        take(job);
      } catch (e) {
        if (!(e instanceof Refused) || e.status !== 0) {
          throw e;
        }
      }
    }
  }
}

/** Speaks at every stage and at every tenth of one, no oftener. */
function teller(say) {
  let last = '';
  return (job) => {
    const share = job.progress?.total ? Math.floor((100 * job.progress.done) / job.progress.total / STEP) * STEP : 0;
    const words = ended(job) ? `${job.name}: ${job.state}` : `${job.stage ?? job.state}${share ? `, ${share} percent` : ''}`;
    if (words !== last) {
      last = words;
      say(words);
    }
  };
}

export function render({ job, trouble }, { namespace }) {
  return html`${trouble ? html`<p class="notice warn">${trouble}</p>` : nothing}
    ${terms([
      ['State', html`${state(job.state)}${job.reason ? html` ${job.reason}` : nothing}`],
      ['Model', job.model && modelLink(namespace, job.model)],
      ['From', job.from && versionLink(namespace, job.model, job.from)],
      ['Version', job.version && job.model ? versionLink(namespace, job.model, job.version) : job.version],
      ['Facts', job.facts !== undefined ? number(job.facts) : undefined],
      ['Started', job.startTime && time(job.startTime)],
      ['Took', job.completionTime && duration(between(job.startTime, job.completionTime))],
    ])}
    <section aria-labelledby="stages"><h2 id="stages">Stages</h2>
      ${job.stage === 'Import' ? html`<p class="muted">The model’s checkpoint is being imported first.</p>` : nothing}
      <ol class="stages">${STAGES.map(([name, unit], i) => stage(job, name, unit, i))}</ol>
      <p class="muted">What happens, and what to do about it: <code>kubectl -n ${namespace} describe editjob ${job.name}</code></p>
    </section>`;
}

function stage(job, name, unit, i) {
  const at = STAGES.findIndex(([n]) => n === job.stage);
  const here = i === at && !ended(job);
  const done = job.state === 'Complete' || i < at;
  const failed = job.state === 'Failed' && i === at;
  const progress = here ? job.progress : undefined;
  const known = progress?.total > 0;
  const words = done ? 'done' : failed ? 'failed' : here ? told(progress, unit) : 'to come';
  const bar = here && !known
    ? html`<progress aria-label=${name}></progress>`
    : html`<progress aria-label=${name} max="1" value=${done ? 1 : known ? progress.done / progress.total : 0}></progress>`;
  return html`<li class=${done ? 'done' : failed ? 'failed' : here ? 'here' : 'ahead'} aria-current=${here ? 'step' : nothing}>
    <span class="name">${name}</span>${bar}<span class="words">${words}</span>
  </li>`;
}

function told(progress, unit) {
  if (!progress || progress.done === undefined) {
    return 'at work';
  }
  const { done, total, itemsPerSecond, secondsLeft } = progress;
  return [
    total ? `${number(done)} of ${number(total)} ${unit}` : `${number(done)} ${unit}`,
    itemsPerSecond ? `${number(itemsPerSecond)} per second` : '',
    secondsLeft ? `${duration(secondsLeft)} left` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
