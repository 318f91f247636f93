// A Chromium that does what it is told, over HTTP on loopback: the tests say
// what a person does, and judge what the browser shows. A command is a JSON
// object: a visitor, one of their pages, and a method of that page with its
// arguments; or one of the few below.
//
//   node browser.mjs PORT CHROMIUM
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { chromium } from 'playwright-core';
import { Visitor } from './visitor.mjs';

const [port, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1', // nothing leaves the machine
  ],
});
const visitors = [];

const commands = {
  async enter(who) {
    const visitor = new Visitor(who);
    await visitor.enter(browser);
    return visitors.push(visitor) - 1;
  },
  quiet: (visitor, page) => visitor.quiet(page),
  seen: (visitor) => visitor.take(),
  // A window that the page opens; the visitor's own is 0.
  async opened(visitor, _, number) {
    while (!visitor.context.pages()[number]) await visitor.context.waitForEvent('page');
  },
  // From now on the credential is not added.
  shed: (visitor) => void (visitor.header = undefined),
  trust: (visitor) => visitor.trust(),
  async leave(visitor) {
    await visitor.context.unrouteAll({ behavior: 'ignoreErrors' }); // of pages that are still loading
    await visitor.context.close();
  },
};

async function obey({ visitor, page = 0, does, with: args = [] }) {
  if (does === 'enter') return commands.enter(...args);
  const who = visitors[visitor];
  const where = who.context.pages()[page];
  if (commands[does]) return commands[does](who, where, ...args);
  const result = await where[does](...args);
  return typeof result?.status === 'function' ? result.status() : result;
}

createServer(async (request, response) => {
  const send = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
  try {
    send(200, await obey(JSON.parse(await text(request))));
  } catch (error) {
    send(500, String(error.message ?? error));
  }
}).listen(Number(port), '127.0.0.1', () => console.log(`Chromium ${browser.version()} answers at http://127.0.0.1:${port}`));
