import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Sizes and offsets of LMDB's file format, from mdb.c of the version inside lmdb-js: MDB_page, MDB_meta, MDB_db, MDB_node. */
const pageHeader = 24;
const nodeHeader = 8;
const meta = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152, end: 168 };
const isBranch = 0x01;
const isLeaf = 0x02;
const isOverflow = 0x04;
const isBigData = 0x01;
const noPage = 0xffffffffffffffffn;

interface DataFile {
  read(offset: number, length: number): Buffer;
  pageSize: number;
  size: number;
}

/** The newer of the two heads, from which the trees of the last commit hang. */
const latestHead = ({ read, pageSize }: DataFile): Buffer => {
  const [first, second] = [read(0, meta.end), read(pageSize, meta.end)] as const;
  for (const head of [first, second]) {
    const isHead = head.readUInt32LE(meta.magic) === 0xbeefc0de && head.readUInt32LE(meta.version) === 2;
    if (!isHead || head.readUInt32LE(meta.pageSize) !== pageSize)
      throw new RangeError('it does not begin like a store');
  }
  return second.readBigUInt64LE(meta.transaction) > first.readBigUInt64LE(meta.transaction) ? second : first;
};

/**
 * Says what is wrong with a data file, or nothing when every page that its trees reach is there and is what it should be.
 * LMDB trusts its file: a page that is missing or overwritten ends the process without a word, so this looks first.
 */
export const findDamage = (path: string): string | undefined => {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    if (readSync(descriptor, bytes, 0, length, offset) < length)
      throw new RangeError(`it ends before byte ${offset + length}`);
    return bytes;
  };
  let head: Buffer | undefined;
  try {
    if (size === 0) return undefined;
    const pageSize = read(0, meta.end).readUInt32LE(meta.pageSize);
    if (![4096, 8192, 16384, 32768, 65536].includes(pageSize)) return 'it does not begin like a store';
    const file = { read, pageSize, size };
    head = latestHead(file);
    for (const root of [meta.freeRoot, meta.mainRoot]) {
      const page = head.readBigUInt64LE(root);
      if (page !== noPage) walk(file, Number(page), 0);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Another process may be writing: its commits move the trees away under this walk, and that is no damage.
    const isStill =
      head === undefined || latestHead({ read, pageSize: head.readUInt32LE(meta.pageSize), size }).equals(head);
    return isStill ? error.message : undefined;
  } finally {
    closeSync(descriptor);
  }
};

const walk = (file: DataFile, number: number, depth: number): void => {
  const page = file.read(number * file.pageSize, file.pageSize);
  const flags = page.readUInt16LE(18);
  const isTree = page.readBigUInt64LE(0) === BigInt(number) && (flags === isBranch || flags === isLeaf) && depth < 32;
  if (!isTree) throw new RangeError(`page ${number} is not what it should be`);
  const nodes = page.readUInt16LE(20) / 2;
  for (let i = 0; i < nodes; i += 1) {
    const at = pageHeader + page.readUInt16LE(pageHeader + 2 * i);
    const low = page.readUInt32LE(at);
    const data = at + nodeHeader + page.readUInt16LE(at + 6);
    if (flags === isBranch) walk(file, low + page.readUInt16LE(at + 4) * 2 ** 32, depth + 1);
    else if ((page.readUInt16LE(at + 4) & isBigData) !== 0)
      checkOverflow(file, Number(page.readBigUInt64LE(data)), low);
    else if (data + low > file.pageSize) throw new RangeError(`page ${number} is not what it should be`);
  }
};

/** A value too big for a leaf lies in pages of its own, one after the other behind one header. */
const checkOverflow = ({ read, pageSize, size }: DataFile, number: number, length: number): void => {
  const header = read(number * pageSize, pageHeader);
  const isWhole = header.readBigUInt64LE(0) === BigInt(number) && number * pageSize + pageHeader + length <= size;
  if (!isWhole || header.readUInt16LE(18) !== isOverflow)
    throw new RangeError(`page ${number} is not what it should be`);
};
