import { type Browser, chromium } from 'playwright-core';
import { withPrivateShop } from '../private-shop.js';
import { CommandError } from '../shop.js';
import { median } from './processes.js';
import { runLoad } from './run-load.js';

const opens = 9;
const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Opens the console's first page in a Chromium without a cache, on a shop that has something to show. */
export const benchPage = async (): Promise<void> => {
  const browser = await launch();
  try {
    await withPrivateShop([], async ({ shop, dataDirectory }) => {
      await runLoad(dataDirectory, '15s', 10);
      const looks: Look[] = [];
      for (let count = 0; count < opens; count++) looks.push(await openOnce(browser, shop.addresses.console));
      const [usable, shown] = [looks.map((look) => look.usableMs), looks.map((look) => look.shownMs)];
      process.stdout.write(
        `console, first page without a cache: usable after ${median(usable).toFixed(0)} ms (target 1000), ` +
          `every service's figures after ${median(shown).toFixed(0)} ms; slowest of ${opens}: ` +
          `${Math.max(...usable).toFixed(0)} and ${Math.max(...shown).toFixed(0)} ms\n`,
      );
    });
  } finally {
    await browser.close();
  }
};

const launch = async (): Promise<Browser> => {
  const places = [process.env.CHROMIUM ?? [], usualPlaces].flat();
  for (const executablePath of places) {
    // Chromium's sandbox does not work for root.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const browser = await chromium.launch({ executablePath, args }).catch(() => undefined);
    if (browser !== undefined) return browser;
  }
  throw new CommandError('There is no Chromium. Install it (apt-get install chromium), or name it: CHROMIUM=/path');
};

/** Milliseconds after the address was asked for. */
interface Look {
  /** The button that places an order can be pressed. */
  readonly usableMs: number;
  readonly shownMs: number;
}

const openOnce = async (browser: Browser, address: string): Promise<Look> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    const started = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    const button = page.getByRole('button', { name: 'Place an order' });
    const last = page.getByText('All 7 services are up.');
    const reached = async (): Promise<number> => performance.now() - started;
    const [usableMs, shownMs] = await Promise.all([button.waitFor().then(reached), last.waitFor().then(reached)]);
    return { usableMs, shownMs };
  } finally {
    await context.close();
  }
};
