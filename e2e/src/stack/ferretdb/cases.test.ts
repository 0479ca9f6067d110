import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDocumentStore, type TestDocumentStore } from '@glasshouse/test-kit';
import mongoose from 'mongoose';
import { root } from '../../launcher.js';
import { describeWith } from '../tool.js';
import { toDifference } from './cases/compare.js';
import { readDifferences, renderDifferences } from './cases/differences.js';
import { cases } from './cases/index.js';
import { createRunner } from './cases/run.js';
import { type FerretDb, startFerretDb } from './ferretdb.js';

const { MongoClient } = mongoose.mongo;
const database = 'glasshouse-cases';
const page = join(root, 'docs/document-store-differences.md');
const storePage = join(root, 'embedded/mongo/README.md');

describeWith(['ferretdb'], 'the embedded document store and FerretDB', () => {
  let ferretdb: FerretDb;
  let embedded: TestDocumentStore;
  let clients: mongoose.mongo.MongoClient[] = [];
  beforeAll(async () => {
    [ferretdb, embedded] = await Promise.all([startFerretDb(), startDocumentStore()]);
    clients = await Promise.all([embedded.url(''), ferretdb.url].map((url) => MongoClient.connect(url)));
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await embedded?.stop();
    await ferretdb?.stop();
  });

  test('answer the same, but for the differences that are listed', async () => {
    const [ours, theirs] = clients.map((client) => createRunner(client.db(database)));
    const found: Record<string, [string, string]> = {};
    for (const each of cases) {
      const said = [(await ours?.(each)) ?? '', (await theirs?.(each)) ?? ''] as const;
      if (said[0] !== said[1]) found[each.name] = toDifference(each, ...said);
    }
    expect(found).toEqual(Object.assign({}, ...readDifferences().map((difference) => difference.cases)));
  });
});

test('each case has a name of its own, and there are about a thousand', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThan(1_000);
});

/** What they answer is about the server itself, and one takes all collections with it. */
const aboutTheServer = [
  ...['hello', 'isMaster', 'ismaster', 'buildInfo', 'serverStatus', 'hostInfo', 'getCmdLineOpts', 'whatsmyuri'],
  ...['collStats', 'dbStats', 'dropDatabase'],
];

test('every command, operator and stage that the store’s page lists is in a case', () => {
  const [, lists = ''] = /## What it supports([\s\S]*?)\nPaths are dotted/.exec(readFileSync(storePage, 'utf8')) ?? [];
  const listed = [...lists.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const said = JSON.stringify(cases.map(({ when }) => when));
  expect(listed.length).toBeGreaterThan(50);
  expect(listed.filter((name) => !said.includes(`"${name}":`) && !aboutTheServer.includes(name))).toEqual([]);
});

test('each difference is listed once, and the page shows all of them', () => {
  const differences = readDifferences();
  const names = differences.flatMap((difference) => Object.keys(difference.cases));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const text = renderDifferences(differences, cases.length);
  if (process.env.UPDATE_PAGES === '1') writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});
