import type { LogStore } from '../../store/logs.js';
import { ElasticError, illegalArgument, isObject, type Json } from './errors.js';
import { indexOf } from './indices.js';

/**
 * `_bulk`: lines of an action (`index` or `create`) and its document. A document's index must be the day of its
 * `@timestamp`, and a document that is held cannot be replaced; such items are refused one by one.
 */
export const bulk = (logs: LogStore, text: string, options: { index: string | undefined; now: number }): Json => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const items: Json[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const [action, meta] = Object.entries(parse(lines[at], at))[0] ?? [];
    if ((action !== 'index' && action !== 'create') || !isObject(meta)) {
      throw illegalArgument(
        `Malformed action/metadata line [${at + 1}], expected one of [create, index] but found [${action}]`,
      );
    }
    if (lines[at + 1] === undefined) throw illegalArgument('The bulk request must be terminated by a newline [\\n]');
    const document = parse(lines[at + 1], at + 1);
    items.push({ [action]: write(logs, document, { action, meta, ...options }) });
  }
  if (items.length === 0) throw new ElasticError('parse_exception', 'request body is required');
  return { errors: items.some((item) => 'error' in Object(Object.values(item)[0])), took: 0, items };
};

interface Write {
  action: string;
  meta: Json;
  index: string | undefined;
  now: number;
}

const write = (logs: LogStore, document: Json, { action, meta, index, now }: Write): Json => {
  const id = meta._id ?? document['event.id'];
  const _index = String(meta._index ?? index ?? '');
  const head = { _index, _id: id ?? null };
  const refuse = (status: number, type: string, reason: string): Json => ({ ...head, status, error: { type, reason } });
  const time = new Date(String(document['@timestamp'] ?? '')).getTime();
  if (Number.isNaN(time)) return refuse(400, 'document_parsing_exception', 'a document needs a date in [@timestamp]');
  if (indexOf(time) !== _index) {
    return refuse(
      400,
      'illegal_argument_exception',
      `this document belongs to [${indexOf(time)}], the day of its @timestamp`,
    );
  }
  if (meta._id !== undefined && document['event.id'] !== undefined && meta._id !== document['event.id']) {
    return refuse(
      400,
      'illegal_argument_exception',
      'an [_id] other than [event.id] is not supported by the embedded backend',
    );
  }
  const record = id === undefined ? document : { ...document, 'event.id': String(id) };
  const outcome = logs.add(record, now);
  if (outcome === 'refused')
    return refuse(400, 'document_parsing_exception', 'the document has fields that cannot be held');
  if (outcome === 'stored') {
    return {
      ...head,
      _version: 1,
      result: 'created',
      _shards: { total: 1, successful: 1, failed: 0 },
      _seq_no: 0,
      _primary_term: 1,
      status: 201,
    };
  }
  return action === 'create'
    ? refuse(409, 'version_conflict_engine_exception', `[${id}]: version conflict, document already exists`)
    : refuse(400, 'illegal_argument_exception', 'replacing a document is not supported by the embedded backend');
};

const parse = (line: string | undefined, at: number): Json => {
  try {
    const value: unknown = JSON.parse(line ?? '');
    if (isObject(value)) return value;
  } catch {}
  throw illegalArgument(`Malformed line [${at + 1}]: not a JSON object`);
};
