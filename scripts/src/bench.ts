import { benchBackend } from './bench/backend.js';
import { benchGateway } from './bench/gateway.js';
import { benchLosses } from './bench/losses.js';
import { benchPage } from './bench/page.js';
import { benchShop } from './bench/shop.js';
import { benchSoak } from './bench/soak.js';
import { benchStore } from './bench/store.js';
import { CommandError, runCommand } from './shop.js';

const help = `npm run bench -- NAME

  gateway   requests per second of an authenticated GET through the gateway with all telemetry on, against a bare
            http-proxy-middleware in Express that does nothing else: same upstream, same run, in turns
  store     the document store: guarded findOneAndUpdate with j:true on 20 connections, and an indexed find among
            100,000 documents against one among 1,000
  backend   the telemetry backend on one core: log lines and spans per second until 200,000 lines and 20,000 traces were
            taken, then the time of each kind of question that the console asks
  losses    a minute of load at 50 requests per second, then log lines and spans counted at both ends
  soak [N]  N minutes (30) of load at 50 requests per second: the memory of the telemetry backend
  page      time until the console's first page can be used, in Chromium without a cache
  shop      time from start to the first order, and resident memory after 100 orders, with processes and --single

Ratios from one run on one machine can be compared; bare times cannot.
`;

const benches: Readonly<Record<string, (argument?: number) => Promise<void>>> = {
  gateway: benchGateway,
  store: benchStore,
  backend: benchBackend,
  losses: benchLosses,
  soak: benchSoak,
  page: benchPage,
  shop: benchShop,
};

const main = async (): Promise<void> => {
  const [name = '--help', argument] = process.argv.slice(2);
  if (name === '--help') return void process.stdout.write(help);
  const bench = benches[name];
  if (bench === undefined) throw new CommandError(`There is no bench named ${name}.\n\n${help}`);
  await bench(...(argument === undefined ? [] : [Number(argument)]));
};

runCommand(main);
