// Somebody with a browser, a credential, and a list of whom the browser may
// talk to. Everything that the browser sends and says is kept.
import { once, EventEmitter } from 'node:events';
import { answer } from './npm.mjs';

const nothing = () => ({ requests: [], console: [], exceptions: [] });

export class Visitor {
  #seen = nothing();
  #underWay = new Set();
  #ended = new EventEmitter();

  // gateway and others are origins. header is {name, value}, and is added to what
  // goes to the gateway and to nobody else, as an extension of a browser would.
  constructor({ gateway, others, header, instead }) {
    Object.assign(this, { gateway, others: others ?? [], header, instead: instead ?? {} });
    this.secret = header?.value.split(' ').at(-1);
  }

  async enter(browser) {
    this.context = await browser.newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers: 'block' });
    await this.context.route('**/*', (route) => this.#send(route));
    this.context.on('request', (request) => this.#underWay.add(request));
    this.context.on('requestfinished', (request) => this.#end(request));
    this.context.on('requestfailed', (request) => this.#end(request));
    this.context.on('page', (page) => page.on('close', () => this.#forget(page)));
    this.context.on('console', (message) => this.#seen.console.push({ type: message.type(), text: message.text(), at: message.location().url }));
    this.context.on('weberror', (failure) => this.#seen.exceptions.push(String(failure.error().stack || failure.error())));
    await this.context.newPage();
  }

  async #send(route) {
    const request = route.request();
    const url = new URL(request.url());
    if (url.origin === this.gateway) {
      if (!this.header) return route.continue();
      return route.continue({ headers: { ...(await request.allHeaders()), [this.header.name]: this.header.value } });
    }
    if (this.others.includes(url.origin)) return route.continue();
    const made = answer(url, this.instead);
    if (!made) return route.abort('blockedbyclient');
    return route.fulfill({ contentType: made.contentType, body: made.body, headers: { 'access-control-allow-origin': '*' } });
  }

  // Where a redirect leads to never comes to #send.
  #by(request) {
    const url = new URL(request.url());
    if (url.origin === this.gateway) return 'gateway';
    if (this.others.includes(url.origin)) return 'other';
    return (request.redirectedFrom() || this.trusted ? undefined : answer(url, this.instead)?.by) ?? 'nobody';
  }

  // Preflights never come to #send, but as long as there is one the driver
  // answers them by itself. From now on there is none, and a page that asks
  // anybody but those who may be asked is found out only afterwards.
  async trust() {
    await this.context.unrouteAll({ behavior: 'wait' });
    this.trusted = true;
  }

  async #end(request) {
    const sent = await request.allHeaders().catch(() => request.headers());
    const response = await request.response().catch(() => null);
    this.#seen.requests.push({
      url: request.url(),
      method: request.method(),
      type: request.resourceType(),
      by: this.#by(request),
      carried: Boolean(this.secret) && (request.url() + JSON.stringify(sent)).includes(this.secret),
      failure: request.failure()?.errorText ?? '',
      status: response?.status() ?? 0,
      media: response?.headers()['content-type'] ?? '',
    });
    this.#underWay.delete(request);
    this.#ended.emit('one');
  }

  // What a page asked for ends with it, without a word.
  #forget(page) {
    for (const request of this.#underWay) {
      if (this.#pageOf(request) === page) this.#underWay.delete(request);
    }
    this.#ended.emit('one');
  }

  #pageOf(request) {
    try {
      return request.frame().page();
    } catch {
      return undefined; // of a page that is not there yet
    }
  }

  // quiet waits until the page has loaded, and drawn twice without asking for
  // anything that has not ended.
  async quiet(page) {
    do {
      while (this.#underWay.size) await once(this.#ended, 'one');
      await page.waitForLoadState('load');
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    } while (this.#underWay.size);
  }

  // take returns what was seen since it was last taken.
  take() {
    const seen = this.#seen;
    this.#seen = nothing();
    return seen;
  }
}
