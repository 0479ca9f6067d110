import type { IncomingMessage } from 'node:http';
import type { Context, Span } from '@glasshouse/telemetry';
import type { RouteMatch } from './route-table.js';
import type { Route, RouteSpec } from './routes.js';

/** What the table holds for a method: a route of the kit, or `undefined` where a handler in `before` answers. */
export type TableEntry = Route | undefined;

/** What the kit remembers of a request from its first middleware to its last. */
export interface RequestState {
  /** `performance.now()` */
  readonly startedAt: number;
  readonly span: Span;
  readonly context: Context & { requestId: string };
  /** Upper case; `_OTHER` if HTTP's standard methods do not have it. */
  readonly method: string;
  readonly match: RouteMatch<TableEntry> | undefined;
  /** Epoch milliseconds; absent if the caller set none. */
  readonly callerDeadlineAt: number | undefined;
  /** Counted, but neither traced nor logged. */
  readonly isQuiet: boolean;
  /** The code of the error that was answered. */
  errorCode?: string;
  abort?: AbortController;
}

/** A symbol on the request costs less than a WeakMap, and no header or body can forge it. */
const key = Symbol('glasshouse.request');
type Carrier = IncomingMessage & { [key]?: RequestState };

export const setRequestState = (req: IncomingMessage, state: RequestState): void => {
  (req as Carrier)[key] = state;
};

export const requestStateOf = (req: IncomingMessage): RequestState | undefined => (req as Carrier)[key];

/** The template and decoded parameters that the kit found for this path and method; for handlers in `before`. */
export const matchedRoute = (req: IncomingMessage): Pick<RouteMatch<unknown>, 'template' | 'params'> | undefined => {
  const { match, method = '' } = requestStateOf(req) ?? {};
  if (match === undefined || !match.isValid) return undefined;
  const isDeclared = match.methods.has(method) || (method === 'HEAD' && match.methods.has('GET'));
  return isDeclared ? { template: match.template, params: match.params } : undefined;
};

/** The route that answers this method; HEAD is answered by GET. */
export const specOf = ({ match, method }: RequestState): RouteSpec | undefined =>
  (match?.methods.get(method) ?? (method === 'HEAD' ? match?.methods.get('GET') : undefined))?.spec;
