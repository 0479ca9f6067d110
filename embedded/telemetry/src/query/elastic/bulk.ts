import { randomUUID } from 'node:crypto';
import type { LogStore } from '../../store/logs.js';
import { ElasticError, illegalArgument, isObject, type Json, onlyKeys } from './errors.js';
import { indexOf } from './indices.js';

interface Item {
  action: 'index' | 'create';
  meta: Json;
  document: Json;
}

/**
 * `_bulk`: pairs of lines, an action (`index` or `create`) and its document. The id of a document is its `event.id`,
 * which is added if it has none. A document's index must be the day of its `@timestamp`, and a document that is held
 * cannot be replaced; such items are refused one by one.
 */
export const bulk = (logs: LogStore, text: string, options: { index: string | undefined; now: number }): Json => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new ElasticError('parse_exception', 'request body is required');
  if (lines.length % 2 === 1) throw illegalArgument('The bulk request must end with the document of its last action');
  const parsed = lines.map(parseLine);
  const items = parsed.flatMap((line, at) => (at % 2 === 0 ? [toItem(line, parsed[at + 1] ?? {}, at + 1)] : []));
  const results = items.map((item) => ({ [item.action]: write(logs, item, options) }));
  const errors = results.some((result) => Object.values(result).some((outcome) => outcome.error !== undefined));
  return { took: 0, errors, items: results };
};

const parseLine = (line: string, at: number): Json => {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch {}
  throw illegalArgument(`Malformed line [${at + 1}]: not a JSON object`);
};

const toItem = (line: Json, document: Json, number: number): Item => {
  const [action, meta] = Object.entries(line)[0] ?? [];
  if ((action !== 'index' && action !== 'create') || !isObject(meta)) {
    const rule = 'expected one of [create, index]';
    throw illegalArgument(`Malformed action/metadata line [${number}], ${rule} but found [${action}]`);
  }
  onlyKeys(meta, action, ['_index', '_id']);
  return { action, meta, document };
};

const write = (logs: LogStore, item: Item, options: { index: string | undefined; now: number }): Json => {
  const { action, meta, document } = item;
  const _index = String(meta._index ?? options.index);
  const _id = String(meta._id ?? document['event.id'] ?? randomUUID());
  const refuse = (type: string, reason: string, status = 400): Json => ({
    _index,
    _id,
    status,
    error: { type, reason },
  });
  const sent = document['@timestamp'];
  const time = typeof sent === 'string' || typeof sent === 'number' ? new Date(sent).getTime() : Number.NaN;
  if (Number.isNaN(time)) return refuse('document_parsing_exception', 'a document needs a date in [@timestamp]');
  if (indexOf(time) !== _index) {
    return refuse('illegal_argument_exception', `by its @timestamp this document belongs to [${indexOf(time)}]`);
  }
  if (_id !== String(document['event.id'] ?? _id)) {
    return refuse('illegal_argument_exception', 'an [_id] other than [event.id] is not supported here');
  }
  const outcome = logs.add({ ...document, 'event.id': _id }, options.now);
  if (outcome === 'refused') return refuse('document_parsing_exception', 'the document has fields that cannot be held');
  if (outcome === 'duplicate') {
    return action === 'create'
      ? refuse('version_conflict_engine_exception', `[${_id}]: version conflict, document already exists`, 409)
      : refuse('illegal_argument_exception', 'replacing a document is not supported by the embedded backend');
  }
  const _shards = { total: 1, successful: 1, failed: 0 };
  return { _index, _id, _version: 1, result: 'created', _shards, _seq_no: 0, _primary_term: 1, status: 201 };
};
