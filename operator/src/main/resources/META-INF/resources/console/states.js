// What is shown where nothing can be: a stranger, a refusal, an operator that is away.

import { html, nothing } from './lib/lit-html.js';
import { to } from './route.js';

const FORBIDDEN = 403;
const ABSENT = 404;
const BAD = 400;

/** Asks for a namespace and a token. */
export function signIn(namespace, error, enter) {
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    enter(given.get('namespace').trim(), given.get('token').trim());
  };
  return html`<div class="sign-in">
    <h1 tabindex="-1">Sign in with a token</h1>
    ${error ? html`<p class="notice bad" role="alert">The cluster does not take this token. It may be over or meant for another cluster: make a new one.</p>` : nothing}
    <form @submit=${submit}>
      <label>Namespace <input name="namespace" .value=${namespace} required pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" title="small letters, digits and -" autocomplete="off" spellcheck="false"></label>
      <label>Token <input name="token" type="password" required autocomplete="off" spellcheck="false" aria-describedby="how"></label>
      <button class="main">Open</button>
    </form>
    <div id="how">
      <p>The token of a ServiceAccount that may <code>list</code> <code>models</code>, <code>modelversions</code> and <code>editjobs</code> in that namespace:</p>
      <pre><code>kubectl -n NAMESPACE create token default</code></pre>
      <p class="muted">It stays in this tab, goes to the operator alone, and is forgotten when the tab is closed.</p>
    </div>
  </div>`;
}

/** Says what is wrong, and what can be done. */
export function refusal(error, { namespace }, again) {
  const retry = html`<p><button @click=${again}>Try again</button></p>`;
  const because = error.message ? html`<p><bdi>${error.message}</bdi></p>` : nothing;
  switch (error.status) {
    case 0:
      return alert(error.message, html`<p>Is <code>kubectl port-forward</code> still running?</p>${retry}`);
    case BAD:
      return alert('This cannot be asked.', because);
    case FORBIDDEN:
      return alert(
        'You have no permission to see this.',
        html`${because}<p>Somebody who may can grant it in ${namespace}:</p>
          <pre><code>kubectl -n ${namespace} create role errata-reader --verb=list \\
    --resource=models.errata.dev,modelversions.errata.dev,editjobs.errata.dev
kubectl -n ${namespace} create rolebinding errata-reader --role=errata-reader \\
    --serviceaccount=${namespace}:default</code></pre>${retry}`,
      );
    case ABSENT:
      return alert('There is no such thing here.', html`${because}<p><a href=${to(namespace, ['models'])}>The models of ${namespace}</a></p>`);
    case 503:
      return alert('The registry does not answer now.', html`${because}<p>Edits go on meanwhile.</p>${retry}`);
    default:
      return alert('This went wrong.', html`${because}<p>The operator’s log says more.</p>${retry}`);
  }
}

const alert = (title, more) => html`<div class="notice bad" role="alert"><p><strong>${title}</strong></p>${more}</div>`;
