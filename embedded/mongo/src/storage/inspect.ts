import { readFileSync, statSync } from 'node:fs';

/** Offsets in LMDB's file format: MDB_page, MDB_meta, MDB_db and MDB_node in mdb.c of the version inside lmdb-js. */
const meta = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152 };
const page = { kind: 18, nodes: 20, header: 24 };
const kinds = { branch: 0x01, leaf: 0x02 };
const noPage = 0xffffffffffffffffn;
/** A larger file is not looked at, since it has to be held in memory. */
const maxBytes = 2 ** 30;

/** Says what is wrong with a data file. LMDB would end the process without a word at a page that is not what it should be. */
export const findDamage = (path: string): string | undefined => {
  const { size = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (size === 0 || size > maxBytes) return undefined;
  const file = readFileSync(path);
  try {
    inspect(file);
    return undefined;
  } catch (error) {
    // A buffer throws as well, when it is read beyond its end. A file that changes is another process at work, no damage.
    return readFileSync(path).equals(file) ? (error as Error).message : undefined;
  }
};

const inspect = (file: Buffer): void => {
  const pageSize = file.readUInt32LE(meta.pageSize);
  const heads = [file, file.subarray(pageSize)];
  for (const head of heads) {
    const isHead = head.readUInt32LE(meta.magic) === 0xbeefc0de && head.readUInt32LE(meta.version) === 2;
    if (!isHead || head.readUInt32LE(meta.pageSize) !== pageSize) throw new Error('it does not begin like a store');
  }
  // The trees of the last commit hang from the newer head.
  heads.sort((left, right) => Number(left.readBigUInt64LE(meta.transaction) - right.readBigUInt64LE(meta.transaction)));
  for (const root of [meta.freeRoot, meta.mainRoot]) walk(file, pageSize, heads[1]?.readBigUInt64LE(root) ?? noPage, 0);
};

const walk = (file: Buffer, pageSize: number, number: bigint, depth: number): void => {
  if (number === noPage) return;
  const bytes = file.subarray(Number(number) * pageSize, Number(number + 1n) * pageSize);
  const kind = bytes.readUInt16LE(page.kind);
  const isTree = bytes.readBigUInt64LE() === number && Object.values(kinds).includes(kind) && depth < 32;
  if (!isTree) throw new Error(`page ${number} is not what it should be`);
  for (let i = 0; kind === kinds.branch && i < bytes.readUInt16LE(page.nodes) / 2; i += 1) {
    const node = page.header + bytes.readUInt16LE(page.header + 2 * i);
    walk(file, pageSize, BigInt(bytes.readUInt32LE(node) + bytes.readUInt16LE(node + 4) * 2 ** 32), depth + 1);
  }
};
