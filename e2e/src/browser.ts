import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Where Debian, Fedora, Alpine, macOS and Google put it. */
const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/lib/chromium/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const remedy = 'install it (apt-get install chromium), or name it: CHROMIUM=/path/to/chromium';

const findChromium = (): string | undefined => {
  const { CHROMIUM } = process.env;
  return CHROMIUM ?? usualPlaces.find((place) => existsSync(place));
};

export interface OpenOptions {
  /** CSS pixels; default 1280. */
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
}

/** A page of the console in a browser of its own, without cookies or cache. */
export interface OpenConsole {
  readonly page: Page;
  /** Opens another path and waits until its page is there. */
  go(path: string): Promise<void>;
  /** What a person would find in the browser's console: errors, warnings, refusals by the content security policy. */
  problems(): readonly string[];
  /** Requests that went anywhere but to the console itself. */
  foreignRequests(): readonly string[];
  /** Bytes that came over the wire until now, headers included. */
  transferredBytes(): number;
  /** Accessibility rules (axe-core) of serious or critical impact that the page breaks, each with the first place. */
  seriousViolations(): Promise<string[]>;
  /** How many CSS pixels the page is wider than the window. */
  overflow(): Promise<number>;
  close(): Promise<void>;
}

/** @param consoleUrl `http://localhost:8090` */
export type Open = (consoleUrl: string, path: string, options?: OpenOptions) => Promise<OpenConsole>;

/**
 * Tests in a real Chromium. Where none is installed they are skipped with a word about it; with REQUIRE_CHROMIUM=1,
 * as in CI, they fail instead.
 */
export const inChromium = (name: string, define: (open: Open) => void): void => {
  const executablePath = findChromium();
  if (executablePath === undefined && process.env.REQUIRE_CHROMIUM !== '1') {
    describe.skip(`${name} (skipped: there is no Chromium; ${remedy})`, () => define(neverOpened));
    return;
  }
  describe(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      if (executablePath === undefined) throw new Error(`REQUIRE_CHROMIUM is set, but there is no Chromium; ${remedy}`);
      // Chromium's sandbox does not work for root, who runs most CI.
      const isRoot = process.getuid?.() === 0;
      browser = await chromium.launch({ executablePath, args: isRoot ? ['--no-sandbox'] : [] });
    });
    afterAll(() => browser?.close());
    define((consoleUrl, path, options) => openConsole(browser, consoleUrl, path, options));
  });
};

/**
 * Opens pages of one console; call it once in a group of tests. After each test its pages are closed, and none may have
 * had a problem or have asked another origin.
 */
export const createOpenPage = (open: Open, consoleUrl: () => string) => {
  const opened: OpenConsole[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) {
      expect(each.problems()).toEqual([]);
      expect(each.foreignRequests()).toEqual([]);
      await each.close();
    }
  });
  return async (path: string, options?: OpenOptions): Promise<OpenConsole> => {
    const page = await open(consoleUrl(), path, options);
    opened.push(page);
    return page;
  };
};

const neverOpened: Open = () => Promise.reject(new Error('This test is skipped.'));

const openConsole = async (
  browser: Browser,
  consoleUrl: string,
  path: string,
  { width = 1280, theme = 'light' }: OpenOptions = {},
): Promise<OpenConsole> => {
  const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: theme });
  const page = await context.newPage();
  const problems: string[] = [];
  const foreign: string[] = [];
  let bytes = 0;
  page.on('console', (message) => {
    // A backend that is down on purpose is reported for each question; the page says so itself.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isAnswer) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${consoleUrl}/`) && !/^(data|blob):/.test(url)) foreign.push(url);
  });
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const go = async (target: string): Promise<void> => {
    await page.goto(consoleUrl + target);
    await page.locator('main:not(:empty)').waitFor();
  };
  await go(path);
  return {
    page,
    go,
    problems: () => problems,
    foreignRequests: () => foreign,
    transferredBytes: () => bytes,
    seriousViolations: () => findViolations(page),
    overflow: () => page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth'),
    async close() {
      await keepScreenshot(page, `${path}-${theme}-${width}`);
      await context.close();
    },
  };
};

const findViolations = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source);
  const run = "axe.run(document, { resultTypes: ['violations'] })";
  const { violations } = await page.evaluate<axe.AxeResults>(run);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}, at ${nodes[0]?.html.slice(0, 200)}`);
};

/** For whoever wants to look: `E2E_SCREENSHOTS=DIR` keeps a picture of each page as a test has left it. */
const keepScreenshot = async (page: Page, name: string): Promise<void> => {
  const { E2E_SCREENSHOTS } = process.env;
  if (E2E_SCREENSHOTS === undefined) return;
  await mkdir(E2E_SCREENSHOTS, { recursive: true });
  const file = `${name.replaceAll(/[^\w-]+/g, '_')}.png`;
  await page.screenshot({ path: join(E2E_SCREENSHOTS, file), fullPage: true }).catch(() => {});
};
